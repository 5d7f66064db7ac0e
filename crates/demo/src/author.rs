//! A person of the demo world: a device that signs and pushes, without a store of its own.

use anyhow::{anyhow, bail};
use domain::{DeviceId, MemberId, Mutation, OrganizationId, Timestamp};
use protocol::frame::{self, FromDevice, FromHub, Hello, Incoming, PROTO, PUSH_MAX, Push};
use protocol::link::InvitationLink;
use protocol::seal::{Chain, DeviceKey, hello_bytes};
use std::collections::BTreeMap;
use std::time::Duration;
use sync::dial::{Dial, Door};
use sync::entry;
use tokio::sync::{mpsc, watch};

/// The hub has this long to answer a batch.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the hub has answered to a device so far: its last number, and the sequence number of each.
#[derive(Debug, Default, Clone)]
struct Answered {
    last: u64,
    seqs: BTreeMap<u64, u64>,
    refused: Option<String>,
    lost: Option<String>,
}

/// A person who works through a device of their own.
pub(crate) struct Author {
    pub member: MemberId,
    pub organization: OrganizationId,
    key: DeviceKey,
    chain: Chain,
    outbound: mpsc::UnboundedSender<Vec<u8>>,
    answered: watch::Receiver<Answered>,
}

impl Author {
    /// Takes an invitation with a fresh device and signs in.
    pub async fn join(
        dial: &Dial,
        link: &InvitationLink,
        organization: OrganizationId,
        make: impl FnOnce(DeviceId, MemberId, &DeviceKey) -> Mutation,
    ) -> anyhow::Result<Self> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed)?;
        let key = DeviceKey::from_seed(&seed);
        let (device, member) = (DeviceId(uuid::Uuid::now_v7()), MemberId(uuid::Uuid::now_v7()));
        let (program, member) = entry::join(dial, link, &make(device, member, &key), &key).await?;
        let mut line = dial.open(&link.hub, Door::Program(program)).await?;
        let nonce = match next(&line.receive().await.map_err(|why| anyhow!(why))?)? {
            Some(FromHub::Challenge(challenge)) => challenge.nonce,
            other => bail!("expected a challenge, got {other:?}"),
        };
        let hello = Hello {
            proto: PROTO,
            capabilities: Vec::new(),
            device,
            signature: key.sign(&hello_bytes(program, device, &nonce)),
            epoch: 0,
            cursor: 0,
            resume: None,
            answered: 0,
        };
        line.send(frame::encode(&FromDevice::Hello(hello)));
        match next(&line.receive().await.map_err(|why| anyhow!(why))?)? {
            Some(FromHub::Welcome(_)) => {}
            other => bail!("expected a welcome, got {other:?}"),
        }
        let (outbound, mut to_send) = mpsc::unbounded_channel::<Vec<u8>>();
        let (tell, answered) = watch::channel(Answered::default());
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    frame = to_send.recv() => match frame {
                        Some(frame) => line.send(frame),
                        None => return,
                    },
                    received = line.receive() => {
                        let frame = received.and_then(|bytes| next(&bytes).map_err(|error| error.to_string()));
                        tell.send_modify(|answered| match frame {
                            Ok(Some(FromHub::Delta(delta))) => {
                                for answer in delta.answers {
                                    answered.last = answered.last.max(answer.n);
                                    answered.seqs.insert(answer.n, answer.seq);
                                    if let Some(refusal) = answer.refusal {
                                        answered.refused = Some(format!("{refusal:?}"));
                                    }
                                }
                            }
                            Ok(Some(FromHub::Goodbye(goodbye))) => answered.lost = Some(goodbye.message),
                            Ok(_) => {}
                            Err(why) => answered.lost = Some(why),
                        });
                        if tell.borrow().lost.is_some() {
                            return;
                        }
                    }
                }
            }
        });
        Ok(Self { member, organization, key, chain: Chain::start(program, device), outbound, answered })
    }

    /// Does `mutations`, each at its claimed time; returns the sequence number of each.
    pub async fn act(&mut self, mutations: Vec<(Mutation, Timestamp)>) -> anyhow::Result<Vec<u64>> {
        let first = self.chain.n + 1;
        let mut sealed = Vec::with_capacity(mutations.len());
        for (mutation, at) in &mutations {
            let (next, chain) = self.key.seal(&self.chain, mutation, *at);
            sealed.push(next);
            self.chain = chain;
        }
        for part in sealed.chunks(PUSH_MAX.min(128)) {
            let push = FromDevice::Push(Push { sealed: part.to_vec() });
            self.outbound.send(frame::encode(&push)).map_err(|_| anyhow!("the line is gone"))?;
        }
        let last = self.chain.n;
        let done = self.answered.wait_for(|answered| {
            answered.last >= last || answered.refused.is_some() || answered.lost.is_some()
        });
        let answered = tokio::time::timeout(PATIENCE, done).await??.clone();
        if let Some(why) = answered.refused.or(answered.lost) {
            let names: Vec<_> = mutations.iter().map(|(mutation, _)| mutation.name()).collect();
            bail!("{names:?} not done: {why}");
        }
        Ok((first..=last).map(|n| answered.seqs.get(&n).copied().unwrap_or_default()).collect())
    }
}

fn next(bytes: &[u8]) -> anyhow::Result<Option<FromHub>> {
    Ok(match frame::decode(bytes)? {
        Incoming::Known(frame) => Some(frame),
        Incoming::Unknown(_) => None,
    })
}
