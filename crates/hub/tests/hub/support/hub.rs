//! A hub in this process, on a port of its own.

use super::soon;
use super::wire::Way;
use hub::{Hub, Options};
use std::net::SocketAddr;
use tempfile::TempDir;
use tokio::task::JoinHandle;

pub struct TestHub {
    pub hub: Hub,
    pub address: SocketAddr,
    pub folder: TempDir,
    serving: JoinHandle<()>,
}

impl TestHub {
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub async fn start_with(change: impl FnOnce(&mut Options)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut options = Options::folder(folder.path());
        change(&mut options);
        Self::serve(folder, options).await
    }

    async fn serve(folder: TempDir, options: Options) -> Self {
        let hub = Hub::open(options).await.unwrap();
        let listener = hub.listen(([127, 0, 0, 1], 0).into()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = {
            let hub = hub.clone();
            tokio::spawn(async move { hub.serve(listener, std::future::pending()).await.unwrap() })
        };
        Self { hub, address, folder, serving }
    }

    /// Stops the hub and starts another on the same data.
    pub async fn restart(self) -> Self {
        let Self { hub, folder, serving, .. } = self;
        hub.shutdown().await;
        soon("the end of serving", serving).await.unwrap();
        drop(hub);
        let options = Options::folder(folder.path());
        Self::serve(folder, options).await
    }

    pub fn way(&self) -> Way {
        Way::Socket(self.address)
    }

    pub fn poll(&self) -> Way {
        Way::Poll(self.address)
    }
}
