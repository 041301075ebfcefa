//! The package lists of the private apt.

use super::super::context::InstallContext;
use super::super::error::InstallError;
use super::super::install_lock;
use super::super::machine::Machine;
use super::private_apt::PrivateApt;
use super::site::{Site, base_of, create};

/// Returns whether the package lists are available; fetches missing ones, unless offline.
///
/// # Errors
/// The lists can't be fetched.
pub(crate) async fn have_lists(machine: &Machine, cx: &InstallContext) -> Result<bool, InstallError> {
    let what = "package lists";
    let base = base_of(cx)?;
    create(&base).await?;
    let lock = install_lock::take(&base, what, cx).await?;
    let site = Site::open(&base).await?;
    create(&site.temporary()).await?;
    let temporary = site.temporary();
    let mut apt = PrivateApt::prepare(machine, &lock, &base, &temporary, what, cx).await?;
    if !cx.offline && !apt.has_lists().await {
        apt.update().await?;
    }
    Ok(apt.has_lists().await)
}
