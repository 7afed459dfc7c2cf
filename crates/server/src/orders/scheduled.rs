//! Orders that nobody asked for: what the scheduler gives.

use sekisho_store::{Access, Account, OperationContext, Order, StoreError, Unique};

use super::{
    Attempt, OrderError, can_be_reset, finish, refuse_in_recovery, serving_device, stage_reset,
};
use crate::app::App;

/// Gives a reset, unless something has changed since `seen` was read: then the
/// next round looks again.
///
/// # Errors
/// Says what stands in the way; nothing is stored then.
pub(crate) async fn reset(
    app: &App,
    ctx: &OperationContext,
    seen: &Account,
    reason: &str,
) -> Result<Option<Order>, OrderError> {
    refuse_in_recovery(app).await?;
    let device = serving_device(app, seen.resource).await?;
    let mut uow = app.store.begin(ctx).await?;
    let Some(account) = uow.accounts().lock(seen.id).await? else { return Ok(None) };
    can_be_reset(&account)?;
    let open = uow.orders().open_reset(account.id).await?;
    let own = uow.rotation().of_account(account.id).await?;
    let paused = own.paused_until.is_some_and(|until| ctx.now < until);
    if account.current_version != seen.current_version || open.is_some() || paused {
        return Ok(None);
    }
    let attempt = Attempt::first(None, reason);
    let order = stage_reset(app, &mut uow, &device, &account, attempt, None).await?;
    match finish(app, uow, &[order.id]).await {
        Ok(()) => Ok(Some(order)),
        Err(StoreError::Conflict { what: Unique::OpenReset }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
