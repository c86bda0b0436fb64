//! The service index: where the receipts endpoints are. Source: receipts/endpoints.markdown,
//! "Service Index"; the guide calls asking it the safest practice.

use std::sync::PoisonError;
use std::time::Duration;

use bursar_kernel::Micros;
use http::Method;
use serde::Deserialize;

use crate::failure::{Failure, FailureKind};
use crate::{AccessToken, Client, Exchange};

const INDEX: &str = "/receipts/";

/// How long an answer of the index is used. Asking before every request would double them.
const KEPT: Duration = Duration::from_mins(5);

/// Where what is, by relation.
#[derive(Clone, Deserialize)]
pub(crate) struct Index {
    links: Vec<Link>,
}

#[derive(Clone, Deserialize)]
struct Link {
    rel: String,
    href: String,
}

pub(crate) struct Kept {
    index: Index,
    until: Micros,
}

impl Client {
    /// The address of the endpoint with this relation, its `{placeholder}` replaced by `id`, and
    /// the exchange if the index had to be asked.
    pub(crate) async fn endpoint(
        &self,
        access: &AccessToken,
        rel: &str,
        id: &str,
    ) -> Result<(String, Vec<Exchange>), Failure> {
        let (index, exchanges) = self.index(access).await?;
        let found = index.links.iter().find(|link| link.rel == rel);
        let Some(link) = found else {
            let lacks = FailureKind::NotSent(format!("the service index has no {rel}"));
            return Err(Failure::new(lacks, exchanges));
        };
        // The token goes there.
        if let Err(untrusted) = self.trust().base_uri(&link.href) {
            return Err(Failure::new(untrusted.into(), exchanges));
        }
        Ok((fill(&link.href, id), exchanges))
    }

    async fn index(&self, access: &AccessToken) -> Result<(Index, Vec<Exchange>), Failure> {
        let now = self.0.clock.now();
        let base = access.geolocation();
        {
            let kept = self
                .0
                .indexes
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            if let Some(kept) = kept.get(base).filter(|kept| kept.until > now) {
                return Ok((kept.index.clone(), Vec::new()));
            }
        }
        let call = self.call(Method::GET, base.join(INDEX));
        let success = self.send(call.bearer(&access.secret)).await?;
        let exchanges = vec![success.exchange];
        let Ok(index) = serde_json::from_slice::<Index>(&success.body) else {
            // Nothing was done yet, so this is as good as not being reached.
            let odd = FailureKind::NotSent("the service index is no list of links".into());
            return Err(Failure::new(odd, exchanges));
        };
        let mut kept = self
            .0
            .indexes
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let until = now + KEPT;
        let entry = Kept {
            index: index.clone(),
            until,
        };
        kept.insert(base.clone(), entry);
        Ok((index, exchanges))
    }
}

/// Replaces the one placeholder, whatever its name.
fn fill(href: &str, id: &str) -> String {
    let Some((before, rest)) = href.split_once('{') else {
        return href.to_owned();
    };
    let after = rest.split_once('}').map_or("", |(_, after)| after);
    format!("{before}{id}{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled() {
        let filled = fill("https://x.test/receipts/v4/users/{userId}", "u-1");
        assert_eq!(filled, "https://x.test/receipts/v4/users/u-1");
        assert_eq!(
            fill("https://x.test/{id}/image", "1"),
            "https://x.test/1/image"
        );
        assert_eq!(fill("https://x.test/all", "1"), "https://x.test/all");
    }
}
