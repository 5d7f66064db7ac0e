//! A vendor's person gets a new laptop: a large program comes in segments, the process is killed while they
//! come, and the next start brings all of it.

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use domain::entity::{Customer, InvitationKind, Message, Role};
use domain::mutation::*;
use domain::*;
use hub::{Hub, Options, Rate};
use protocol::client::Line;
use protocol::frame::{self, FromDevice, FromHub, Hello, Incoming, PROTO, Push};
use protocol::link::{InvitationLink, Token};
use protocol::seal::{self, Chain, DeviceKey, token_hash};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use store::{FileKey, Identity, Store};
use sync::dial::Door;
use sync::link::LinkOptions;
use sync::{Dial, Link};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use uuid::Uuid;

const DEALS: usize = 400;
const MESSAGES: usize = 20_000;
const PATIENCE: Duration = Duration::from_secs(60);
/// Tells the child whose laptop it is.
const LAPTOP: &str = "LOCKSTEP_TEST_LAPTOP";
const NOW: Timestamp = Timestamp(1_800_000_000_000);

fn id<I: From<Uuid>>() -> I {
    Uuid::now_v7().into()
}

fn file_key() -> FileKey {
    FileKey::from_bytes(&[7; 32])
}

async fn start(folder: &Path) -> Result<(Hub, SocketAddr)> {
    let mut options = Options::folder(folder);
    options.limits.mutations = Rate { burst: 1_000_000, per_second: 1_000_000 };
    // Of this program a hundred segments, not three.
    options.limits.segment_bytes = 40_000;
    let hub = Hub::open(options).await?;
    let listener = hub.listen(([127, 0, 0, 1], 0).into()).await?;
    let address = listener.local_addr()?;
    let serving = hub.clone();
    tokio::spawn(async move { serving.serve(listener, std::future::pending()).await });
    Ok((hub, address))
}

/// A device that only writes, as fast as it is answered.
struct Writer {
    line: sync::line::Line,
    key: DeviceKey,
    chain: Chain,
}

impl Writer {
    async fn sign_in(hub: &str, program: ProgramId, device: DeviceId, key: DeviceKey) -> Result<Self> {
        let mut line = Dial::network(None)?.open(hub, Door::Program(program)).await?;
        let FromHub::Challenge(challenge) = next(&mut line).await? else { bail!("no challenge") };
        let hello = Hello {
            proto: PROTO,
            capabilities: Vec::new(),
            device,
            signature: key.sign(&seal::hello_bytes(program, device, &challenge.nonce)),
            epoch: 0,
            cursor: 0,
            resume: None,
            answered: 0,
        };
        line.send(frame::encode(&FromDevice::Hello(hello)));
        while !matches!(next(&mut line).await?, FromHub::Welcome(_)) {}
        let chain = Chain::start(program, device);
        Ok(Self { line, key, chain })
    }

    /// Sends changes and waits until all are accepted.
    async fn run(&mut self, changes: &[Mutation]) -> Result<()> {
        for changes in changes.chunks(256) {
            let mut sealed = Vec::new();
            for change in changes {
                let (one, chain) = self.key.seal(&self.chain, change, NOW);
                sealed.push(one);
                self.chain = chain;
            }
            self.line.send(frame::encode(&FromDevice::Push(Push { sealed })));
            let mut answered = false;
            while !answered {
                if let FromHub::Delta(delta) = next(&mut self.line).await? {
                    ensure!(
                        delta.answers.iter().all(|answer| answer.refusal.is_none()),
                        "{:?}",
                        delta.answers
                    );
                    answered = delta.answers.iter().any(|answer| answer.n == self.chain.n);
                }
            }
        }
        Ok(())
    }
}

async fn next(line: &mut sync::line::Line) -> Result<FromHub> {
    let bytes = tokio::time::timeout(PATIENCE, line.receive()).await?.map_err(|why| anyhow!(why))?;
    match frame::decode(&bytes)? {
        Incoming::Known(FromHub::Goodbye(goodbye)) => bail!("{}", goodbye.message),
        Incoming::Known(frame) => Ok(frame),
        Incoming::Unknown(number) => bail!("frame {number}"),
    }
}

fn register(n: usize) -> Result<DealRegister> {
    Ok(DealRegister {
        deal: id(),
        title: format!("Rollout {n}"),
        customer: Customer {
            name: format!("Customer {n}"),
            domain: format!("c{n}.example"),
            country: "NL".into(),
        },
        product: "Gauge".into(),
        region: "Benelux".into(),
        need: "Pressure under control".into(),
        amount: Money { minor: 1_250_000, currency: "EUR".into() },
        close_date: "2027-03-31".parse().map_err(|_| anyhow!("no date"))?,
        submit: true,
        stage: None,
        contact: None,
        duns: None,
        tender: None,
    })
}

/// What the child has to know, in one line.
fn laptop(folder: &Path, hub: &str, identity: &Identity, seed: u8) -> String {
    let Identity { program, device, member, .. } = identity;
    format!("{}|{hub}|{program}|{device}|{member}|{seed}", folder.display())
}

fn identity(program: ProgramId, device: DeviceId, member: MemberId, seed: u8) -> Identity {
    Identity { program, device, member, device_key: DeviceKey::from_seed(&[seed; 32]) }
}

fn connect(store: &Store, program: ProgramId, hub: &str) -> Result<Link> {
    let (store, hub) = (store.clone(), hub.to_owned());
    Ok(Link::start(LinkOptions { store, program, hub, dial: Dial::network(None)?, work_offline: false }))
}

/// Runs as a process of its own, and is killed.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "started by the journey below"]
async fn the_laptop_that_is_killed() -> Result<()> {
    let told = std::env::var(LAPTOP)?;
    let parts: Vec<&str> = told.split('|').collect();
    let [folder, hub, program, device, member, seed] = parts[..] else { bail!("told {told}") };
    let parse = |text: &str| text.parse::<Uuid>().context("an id");
    let identity =
        identity(parse(program)?.into(), parse(device)?.into(), parse(member)?.into(), seed.parse()?);
    let program = identity.program;
    let store = Store::open(&Path::new(folder).join("program.db"), &file_key(), identity).await?;
    let _link = connect(&store, program, hub)?;
    std::future::pending().await
}

/// The way to the hub, on which every segment that is asked for is noted.
struct Road {
    address: SocketAddr,
    asked: watch::Sender<Vec<String>>,
}

impl Road {
    async fn to(hub: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let asked: watch::Sender<Vec<String>> = watch::channel(Vec::new()).0;
        let noting = asked.clone();
        tokio::spawn(async move {
            while let Ok((from, _)) = listener.accept().await {
                let noting = noting.clone();
                tokio::spawn(async move { pass(from, TcpStream::connect(hub).await?, &noting).await });
            }
        });
        Ok(Self { address, asked })
    }

    /// What was asked for since the last time.
    fn asked(&self) -> Vec<String> {
        self.asked.send_replace(Vec::new())
    }
}

async fn pass(from: TcpStream, to: TcpStream, asked: &watch::Sender<Vec<String>>) -> Result<()> {
    let ((mut from, mut back), (mut answers, mut to)) = (from.into_split(), to.into_split());
    let down = tokio::spawn(async move { tokio::io::copy(&mut answers, &mut back).await });
    let mut bytes = vec![0; 16_384];
    loop {
        let many = from.read(&mut bytes).await?;
        let Some(sent) = bytes.get(..many).filter(|sent| !sent.is_empty()) else { break };
        // A request is short and comes in one piece.
        let line = String::from_utf8_lossy(sent);
        let segment = line.lines().next().and_then(|line| line.split_once("/segments/"));
        if let Some((hash, _)) = segment.and_then(|(_, rest)| rest.split_once(' ')) {
            asked.send_modify(|asked| asked.push(hash.to_owned()));
        }
        to.write_all(sent).await?;
    }
    to.shutdown().await?;
    down.await??;
    Ok(())
}

/// Starts the child and kills it when it asks for the twentieth segment of about a hundred.
async fn killed_midway(told: &str, road: &Road) -> Result<()> {
    let mut child = tokio::process::Command::new(std::env::current_exe()?)
        .args(["--exact", "the_laptop_that_is_killed", "--ignored"])
        .env(LAPTOP, told)
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let mut asked = road.asked.subscribe();
    let midway = asked.wait_for(|asked| asked.len() >= 20);
    tokio::time::timeout(PATIENCE, midway).await.context("the laptop fetches nothing")??;
    child.kill().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_laptop_that_is_killed_gets_everything_at_its_next_start() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (hub, address) = start(folder.path()).await?;
    let base = format!("http://{address}");
    let dial = Dial::network(None)?;

    // Bob founds the program, Alice joins it and talks a lot.
    let (vendor, partner, token): (OrganizationId, OrganizationId, Token) = (id(), id(), Token([9; 32]));
    let key = DeviceKey::from_seed(&[1; 32]);
    let create = ProgramCreate {
        program: id(),
        name: "Halden Partner Program".into(),
        vendor,
        vendor_name: "Halden".into(),
        member: id(),
        member_name: "Bob".into(),
        device: id(),
        device_name: "Bob's laptop".into(),
        device_key: key.public(),
        demo: false,
        products: vec!["Gauge".into()],
        regions: vec!["Benelux".into()],
        currency: "EUR".into(),
    };
    let (program, bobs) = (create.program, (create.device, create.member));
    let link = hub.founding_link(7).await?;
    sync::entry::join(&dial, &link, &create.into(), &key).await?;
    let mut bob = Writer::sign_in(&base, program, bobs.0, key).await?;
    let invite = InvitationCreate {
        invitation: id(),
        kind: InvitationKind::Member,
        organization: partner,
        role: Role::Admin,
        token_hash: token_hash(&token),
        days: 7,
        by_organization: vendor,
    };
    let add = OrganizationAdd { organization: partner, name: "Northbeam".into() };
    bob.run(&[add.into(), invite.into()]).await?;
    let key = DeviceKey::from_seed(&[2; 32]);
    let accept = InvitationAccept {
        token_hash: token_hash(&token),
        member: id(),
        member_name: "Alice".into(),
        device: id(),
        device_name: "Alice's laptop".into(),
        device_key: key.public(),
    };
    let alices = accept.device;
    let link = InvitationLink { program: Some(program), token, ..link };
    sync::entry::join(&dial, &link, &accept.into(), &key).await?;
    let mut alice = Writer::sign_in(&base, program, alices, key).await?;
    let deals: Vec<DealRegister> = (0..DEALS).map(register).collect::<Result<_>>()?;
    let changes: Vec<Mutation> = deals.iter().map(|deal| deal.clone().into()).collect();
    alice.run(&changes).await?;
    let said: Vec<MessageSend> = (0..MESSAGES)
        .zip(deals.iter().cycle())
        .map(|(n, deal)| MessageSend {
            message: id(),
            deal: deal.deal,
            body: format!("message {n}, with {} words about the berths", Uuid::now_v7()),
            reply_to: None,
        })
        .collect();
    let changes: Vec<Mutation> = said.iter().map(|said| said.clone().into()).collect();
    alice.run(&changes).await?;

    // Bob links a new laptop, which has an empty file. Its process is killed.
    let token = Token([8; 32]);
    let invite = InvitationCreate {
        invitation: id(),
        kind: InvitationKind::Device,
        organization: vendor,
        role: Role::Admin,
        token_hash: token_hash(&token),
        days: 7,
        by_organization: vendor,
    };
    bob.run(&[invite.into()]).await?;
    let key = DeviceKey::from_seed(&[3; 32]);
    let accept = InvitationAccept {
        token_hash: token_hash(&token),
        member: id(),
        member_name: "Bob".into(),
        device: id(),
        device_name: "Bob's new laptop".into(),
        device_key: key.public(),
    };
    let new_device = accept.device;
    let link = InvitationLink { program: Some(program), token, ..link };
    sync::entry::join(&dial, &link, &accept.into(), &key).await?;
    let laptop_folder = tempfile::tempdir()?;
    let path = laptop_folder.path().join("program.db");
    let identity = identity(program, new_device, bobs.1, 3);
    Store::create(&path, &file_key(), identity.clone()).await?.close().await?;
    let road = Road::to(address).await?;
    let base = format!("http://{}", road.address);
    let told = laptop(laptop_folder.path(), &base, &identity, 3);
    killed_midway(&told, &road).await?;
    let first = road.asked();

    // It starts again: what was there is there, and the rest comes.
    let store = Store::open(&path, &file_key(), identity).await?;
    let state = store.sync_state().await?;
    ensure!(state.cursor == 0 && state.resume.is_some(), "half a program is not taken for all of it");
    let link = connect(&store, program, &base)?;
    let mut status = link.status();
    let online = status.wait_for(|status| status.line == Line::Online);
    tokio::time::timeout(PATIENCE, online).await.map_err(|_| anyhow!("it does not catch up"))??;
    // What had come was not asked for again, but for what was under way.
    let second = road.asked();
    let twice = second.iter().filter(|hash| first.contains(hash)).count();
    ensure!(twice < first.len() / 2, "{twice} segments of {} came twice", first.len());
    ensure!(second.len() > first.len(), "{} then {}", first.len(), second.len());
    // Bob writes from it, in the deal in which something happened last.
    let newest = said.last().context("much was said")?;
    let answer =
        MessageSend { message: id(), deal: newest.deal, body: "On my new laptop".into(), reply_to: None };
    store.commit(answer.clone(), NOW).await.map_err(|error| anyhow!("{error:?}"))?;
    ensure!(store.sync_state().await?.cursor > 0);
    for said in said.iter().step_by(37).chain([newest]) {
        let here: Option<Message> = store.entity(said.message).await?;
        ensure!(here.is_some_and(|here| here.body == said.body), "{} is missing", said.message);
    }
    let mut changes = store.changes();
    let settled = async {
        while store.counts().await?.waiting > 0 {
            changes.recv().await.ok();
        }
        store.entity::<Message>(answer.message).await
    };
    let answered = tokio::time::timeout(PATIENCE, settled).await??.context("what Bob wrote is lost")?;
    ensure!(answered.position.is_some());
    link.stop().await;
    store.close().await?;
    hub.shutdown().await;
    Ok(())
}
