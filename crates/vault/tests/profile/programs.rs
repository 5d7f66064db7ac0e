//! The keys of programs: bound to one program of one device, and gone when destroyed.

use std::fs;

use anyhow::{Context as _, Result};
use vault::Code;

use crate::alice::{Alice, HALDEN, MERIDIAN, code};
use crate::common::opened;

#[tokio::test]
async fn program_keys_belong_to_one_program_of_one_profile() -> Result<()> {
    let alice = Alice::new()?;
    let vault = opened(alice.open().await?)?;
    let halden = vault.create_program(HALDEN)?;
    let meridian = vault.create_program(MERIDIAN)?;
    assert_ne!(halden.database.sqlcipher_literal(), meridian.database.sqlcipher_literal());
    assert_ne!(halden.device_seed.expose(), meridian.device_seed.expose());
    assert_eq!(vault.programs()?, [HALDEN, MERIDIAN]);
    assert_eq!(code(vault.create_program(HALDEN))?, Code::ProgramExists);
    assert_eq!(code(vault.program("0190b5a0-7c1e-7000-8000-000000000003"))?, Code::NoSuchProgram);
    for bad in ["", "..", "../../etc", "Halden"] {
        assert_eq!(code(vault.create_program(bad))?, Code::BadProgramId, "{bad}");
    }

    let again = opened(alice.open().await?)?.program(HALDEN)?;
    assert_eq!(again.database.sqlcipher_literal(), halden.database.sqlcipher_literal());
    assert_eq!(again.device_seed.expose(), halden.device_seed.expose());

    let (ours, theirs) = (vault.program_dir(HALDEN)?.join("key"), vault.program_dir(MERIDIAN)?.join("key"));
    let good = fs::read(&ours)?;
    fs::copy(&theirs, &ours)?;
    assert_eq!(code(vault.program(HALDEN))?, Code::Damaged, "swapped with another program");
    for at in 0..good.len() {
        let flip = |(i, byte): (usize, &u8)| if i == at { byte ^ 1 } else { *byte };
        fs::write(&ours, good.iter().enumerate().map(flip).collect::<Vec<_>>())?;
        assert_eq!(code(vault.program(HALDEN))?, Code::Damaged, "byte {at} flipped");
    }
    let longer = [good.as_slice(), b"x"].concat();
    for bad in [&[], good.split_last().context("a last byte")?.1, &longer] {
        fs::write(&ours, bad)?;
        assert_eq!(code(vault.program(HALDEN))?, Code::Damaged, "{} bytes", bad.len());
        assert_eq!(code(vault.create_program(HALDEN))?, Code::ProgramExists, "never overwritten");
    }
    fs::write(&ours, &good)?;

    let bob = Alice::new()?;
    let other = opened(bob.open().await?)?;
    other.create_program(HALDEN)?;
    fs::copy(&ours, other.program_dir(HALDEN)?.join("key"))?;
    assert_eq!(code(other.program(HALDEN))?, Code::Damaged, "copied to another device");
    Ok(())
}

#[tokio::test]
async fn leaving_a_program_destroys_its_key_alone() -> Result<()> {
    let alice = Alice::new()?;
    let vault = opened(alice.open().await?)?;
    let old = vault.create_program(HALDEN)?;
    vault.create_program(MERIDIAN)?;
    let key = vault.program_dir(HALDEN)?.join("key");
    // A second name for the same file shows what became of its content.
    let witness = alice.dir().join("witness");
    fs::hard_link(&key, &witness)?;

    vault.forget_program(HALDEN)?;
    assert!(!key.exists());
    assert!(fs::read(&witness)?.iter().all(|byte| *byte == 0));
    assert_eq!(code(vault.program(HALDEN))?, Code::NoSuchProgram);
    assert_eq!(code(vault.forget_program(HALDEN))?, Code::NoSuchProgram);
    assert_eq!(vault.programs()?, [MERIDIAN]);
    vault.program(MERIDIAN)?;

    let new = vault.create_program(HALDEN)?;
    assert_ne!(old.database.sqlcipher_literal(), new.database.sqlcipher_literal());
    assert_ne!(old.device_seed.expose(), new.device_seed.expose());

    // Died after overwriting, before removing: as good as left, and leaving again finishes it.
    fs::write(&key, vec![0; 112])?;
    assert_eq!(code(vault.program(HALDEN))?, Code::NoSuchProgram);
    assert_eq!(vault.programs()?, [MERIDIAN]);
    vault.forget_program(HALDEN)?;
    assert!(!key.exists());
    Ok(())
}

#[tokio::test]
async fn two_joins_at_once_mint_one_key() -> Result<()> {
    let alice = Alice::new()?;
    let vault = opened(alice.open().await?)?;
    let joins: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| vault.create_program(HALDEN))).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
    });
    let (won, lost): (Vec<_>, Vec<_>) = joins.into_iter().partition(Result::is_ok);
    assert_eq!((won.len(), lost.len()), (1, 3));
    for keys in won {
        assert_eq!(keys?.database.sqlcipher_literal(), vault.program(HALDEN)?.database.sqlcipher_literal());
    }
    Ok(())
}
