//! A full disk: nothing acknowledged is lost, reading goes on, and writing resumes when there is space.

use crate::support::device::Device;
use crate::support::hub::TestHub;
use crate::support::soon;
use crate::support::world::{bob_alice_and_a_deal, message};
use protocol::frame::Reason;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file system of a few megabytes; needs the right to mount.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: &Path) -> Option<Self> {
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=6m", "tmpfs"]).arg(at).output();
        mounted.is_ok_and(|output| output.status.success()).then(|| Self(at.to_owned()))
    }

    fn fill(&self) -> PathBuf {
        let ballast = self.0.join("ballast");
        let mut file = std::fs::File::create(&ballast).unwrap();
        for size in [1 << 16, 1 << 12, 1] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
        ballast
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).output();
    }
}

#[tokio::test]
async fn a_full_disk_refuses_changes_and_nothing_else() {
    let place = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(place.path()) else {
        eprintln!("skipped: this machine does not let a test mount a small disk");
        return;
    };
    let hub = TestHub::start_with(|options| {
        options.data = hub::Data::Folder(place.path().join("hub"));
    })
    .await;
    let link = hub.hub.founding_link(7).await.unwrap();
    let (bob, mut alice, room) = bob_alice_and_a_deal(&hub.way(), &link).await;
    alice.run(message(room, "Before")).await.unwrap();

    let ballast = disk.fill();
    let goodbye = loop {
        let n = alice.push(message(room, "~".repeat(6_000))).await;
        let answered = soon("an answer or the end", async {
            while !alice.answers.contains_key(&n) && alice.take().await {}
            alice.answers.contains_key(&n)
        });
        if !answered.await {
            break alice.goodbye.clone().unwrap();
        }
    };
    assert_eq!(goodbye.reason, Reason::Busy);
    assert!(goodbye.message.contains("disk is full"), "{}", goodbye.message);
    assert!(goodbye.retry_after_ms.is_some());

    // Reading goes on, also from the beginning.
    let acked = alice.answers.len();
    let mut reader = Device::sign_in(&hub.way(), bob.me.clone()).await;
    reader.until("the room", |reader| reader.room(room).len() >= acked - 1).await;
    assert_eq!(reader.room(room)[0], "Before");

    std::fs::remove_file(ballast).unwrap();
    alice.reconnect().await;
    alice.answer(alice.chain.n).await.unwrap();
    alice.run(message(room, "After")).await.unwrap();
    reader.until("the rest", |reader| reader.room(room).last().is_some_and(|body| body == "After")).await;
    assert_eq!(reader.room(room).len(), alice.sealed.len() - 1);
    hub.hub.shutdown().await;
}

#[tokio::test]
async fn a_disk_that_fails_makes_the_hub_busy_until_it_is_well() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("hub");
    std::fs::create_dir(&folder).unwrap();
    let disk = disk::Disk::watch(&folder).unwrap();
    let hub = TestHub::start_with(|options| options.data = hub::Data::Folder(folder)).await;
    let link = hub.hub.founding_link(7).await.unwrap();
    let (bob, mut alice, room) = bob_alice_and_a_deal(&hub.way(), &link).await;

    for kind in [disk::Kind::Write, disk::Kind::Sync] {
        disk.fail(disk::Fault::lasting(kind, 0));
        let n = alice.push(message(room, "Through a storm")).await;
        let goodbye = alice.until_goodbye().await.unwrap();
        assert_eq!(goodbye.reason, Reason::Busy);
        assert!(goodbye.message.contains("disk"), "{}", goodbye.message);
        assert!(goodbye.retry_after_ms.is_some() && !alice.answers.contains_key(&n));
        // Whoever only reads is served.
        let mut reader = Device::sign_in(&hub.way(), bob.me.clone()).await;
        let known = alice.answers.len() - 1;
        reader.until("the room", |reader| reader.room(room).len() == known).await;

        assert!(disk.heal());
        alice.reconnect().await;
        alice.answer(n).await.unwrap();
        reader.until("the message", |reader| reader.room(room).len() == known + 1).await;
    }
    hub.hub.shutdown().await;
}
