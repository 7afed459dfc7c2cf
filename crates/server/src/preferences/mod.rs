//! How people like the console: their preferences, and the views of its lists
//! that they saved.

mod own;
mod views;

use utoipa_axum::routes;

use crate::http::Routes;

/// Endpoints.
pub fn routes() -> Routes {
    Routes::new()
        .own(routes!(own::show_preferences, own::put_preferences))
        .signed_in(routes!(views::list_views, views::save_view))
        .signed_in(routes!(views::put_view, views::delete_view))
        .signed_in(routes!(views::put_default_view, views::delete_default_view))
}
