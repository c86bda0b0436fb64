//! Where a seeded app leads, when its partner listens elsewhere than at the last start: a sandbox
//! takes the ports that it is given.

use bursar_db::{DbError, Isolation, Tx};
use bursar_kernel::Uuid;
use bursar_oauth::{RedirectUri, apps};
use url::Url;

use crate::model::Stage;
use crate::state::AppCenter;
use crate::store;

/// A partner's pages for one of its apps.
#[derive(Clone, Debug)]
pub struct PartnerPages {
    /// Where Connect leads.
    pub landing: String,
    /// Where people come back to.
    pub callback: RedirectUri,
}

impl AppCenter {
    /// Has an app of a listing lead to its partner's pages at a new port of the same host. What the
    /// partner has led elsewhere stays.
    pub async fn lead_to(
        &self,
        listing_id: Uuid,
        stage: Stage,
        pages: PartnerPages,
    ) -> Result<(), DbError> {
        let args = (listing_id, stage, pages);
        let moved = self
            .db
            .write(Isolation::Serializable, args, |tx, (id, stage, pages)| {
                Box::pin(lead_to(tx, id, *stage, pages))
            })
            .await?;
        if let Some(app_id) = moved {
            self.oauth.forget_app(&app_id);
        }
        Ok(())
    }
}

async fn lead_to(
    tx: &mut Tx,
    listing_id: &Uuid,
    stage: Stage,
    pages: &PartnerPages,
) -> Result<Option<Uuid>, DbError> {
    let Some(listing) = store::listing(tx, listing_id).await? else {
        return Ok(None);
    };
    let Some(behind) = listing.app(stage) else {
        return Ok(None);
    };
    let Some(app) = apps::find(tx, &behind.app_id).await? else {
        return Ok(None);
    };
    if has_moved(&behind.connect_url, &pages.landing) {
        store::set_connect_url(tx, &listing, stage, &pages.landing).await?;
    }
    let mut settings = app.settings;
    let uris = &mut settings.redirect_uris;
    if uris.contains(&pages.callback) {
        return Ok(None);
    }
    uris.retain(|uri| !has_moved(uri.as_str(), pages.callback.as_str()));
    uris.push(pages.callback.clone());
    apps::change(tx, &listing.company_id, &app.id, &settings).await?;
    Ok(Some(app.id))
}

/// Whether two addresses differ in nothing but their ports.
fn has_moved(from: &str, to: &str) -> bool {
    let without_port = |text: &str| {
        let mut url = Url::parse(text).ok()?;
        url.set_port(None).ok()?;
        Some(url)
    };
    let (from_url, to_url) = (without_port(from), without_port(to));
    from != to && from_url.is_some() && from_url == to_url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_port_may_differ() {
        let here = "http://127.0.0.1:8090/cafe/landing";
        assert!(has_moved("http://127.0.0.1:9/cafe/landing", here));
        for other in [
            here,
            "",
            "http://127.0.0.1:9/cafe/other",
            "http://localhost:8090/cafe/landing",
            "https://cafe.example/cafe/landing",
            "com.example.cafe:/landing",
        ] {
            assert!(!has_moved(other, here), "{other}");
        }
    }
}
