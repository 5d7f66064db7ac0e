//! What a screen reader is told: the tree of names and roles that the real window hands out over the
//! accessibility bus (AT-SPI 2, <https://gnome.pages.gitlab.gnome.org/at-spi2-core/devel-docs/>).

use anyhow::{Context as _, Result, bail};
use zbus::names::OwnedBusName;
use zbus::zvariant::OwnedObjectPath;
use zbus::{Connection, Proxy};

/// Numbers of states (`AtspiStateType`), as bits of two 32-bit words.
const FOCUSABLE: u32 = 11;
const SHOWING: u32 = 25;

/// The number of a button among the roles (`AtspiRole`).
pub const PUSH_BUTTON: u32 = 43;

/// A place in the tree: who has it, and its path there.
type Place = (OwnedBusName, OwnedObjectPath);

/// Something in the window that a screen reader knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// A number of `AtspiRole`, such as [`PUSH_BUTTON`]. The names of roles are not asked for: WebKitGTK 2.50 ends
    /// when it is asked for that of a header cell.
    pub role: u32,
    /// What is read out. Empty when there is nothing to be read.
    pub name: String,
    /// Whether the keyboard can get there.
    pub focusable: bool,
    /// Whether it is on the screen.
    pub showing: bool,
}

/// A connection to the accessibility bus of this session.
#[derive(Debug)]
pub struct Reader {
    bus: Connection,
}

impl Reader {
    /// Connects; the bus is started by that if there is none.
    ///
    /// # Errors
    /// When the session has no accessibility bus.
    pub async fn start() -> Result<Self> {
        let session = Connection::session().await.context("there is no session bus")?;
        let launcher = Proxy::new(&session, "org.a11y.Bus", "/org/a11y/bus", "org.a11y.Bus").await?;
        let address: String = launcher
            .call("GetAddress", &())
            .await
            .context("there is no accessibility bus; `./dev test` installs at-spi2-core")?;
        let bus = zbus::connection::Builder::address(address.as_str())?.build().await?;
        Ok(Self { bus })
    }

    /// Everything that the program of this name shows, from the outside in.
    ///
    /// # Errors
    /// When the program has not registered, or goes away while it is read.
    pub async fn read(&self, program: &str) -> Result<Vec<Node>> {
        let registry = ("org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/root");
        let root = self.at(registry.0.try_into()?, registry.1.try_into()?).await?;
        let mut others = Vec::new();
        for (owner, path) in children(&root).await? {
            let application = self.at(owner, path).await?;
            let called = name(&application).await?;
            if called == program {
                return self.below(application).await;
            }
            others.push(called);
        }
        bail!("{program} is not on the accessibility bus, only {others:?}")
    }

    async fn at(&self, owner: OwnedBusName, path: OwnedObjectPath) -> Result<Proxy<'static>> {
        let proxy = zbus::proxy::Builder::new(&self.bus)
            .destination(owner)?
            .path(path)?
            .interface("org.a11y.atspi.Accessible")?
            .cache_properties(zbus::proxy::CacheProperties::No);
        Ok(proxy.build().await?)
    }

    async fn below(&self, application: Proxy<'static>) -> Result<Vec<Node>> {
        let mut nodes = Vec::new();
        let mut open = vec![application];
        while let Some(next) = open.pop() {
            nodes.push(node(&next).await?);
            for (owner, path) in children(&next).await?.into_iter().rev() {
                open.push(self.at(owner, path).await?);
            }
        }
        Ok(nodes)
    }
}

async fn children(of: &Proxy<'_>) -> Result<Vec<Place>> {
    let children: Vec<Place> = of.call("GetChildren", &()).await?;
    // The page lives in a process of its own, and the window names it only to whoever asks for its first child.
    if children.is_empty() && of.get_property::<i32>("ChildCount").await? == 1 {
        return Ok(vec![of.call("GetChildAtIndex", &0_i32).await?]);
    }
    Ok(children)
}

async fn name(of: &Proxy<'_>) -> Result<String> {
    Ok(of.get_property("Name").await?)
}

async fn node(of: &Proxy<'_>) -> Result<Node> {
    let states: Vec<u32> = of.call("GetState", &()).await?;
    let has = |state: u32| states.first().is_some_and(|word| word & (1 << state) != 0);
    Ok(Node {
        role: of.call("GetRole", &()).await?,
        name: name(of).await?.trim().to_owned(),
        focusable: has(FOCUSABLE),
        showing: has(SHOWING),
    })
}
