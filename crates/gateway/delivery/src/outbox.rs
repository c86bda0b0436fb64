//! The outbox as its owner sees it: accept and read.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use bursar_blobs::Blobs;
use bursar_db::{Db, DbError, Isolation, Tx};
use bursar_gateway_connect::{Connection, ConnectionState, Vault};
use bursar_kernel::{Clock, Micros, Rng, Uuid};
use bytes::Bytes;

use crate::policy::GIVE_UP_AFTER;
use crate::store::{self, Content, Ready};
use crate::validate::{Validators, image_type};
use crate::{Accepted, Item, NewItem, OutboxError, Refused, State, canonical};

/// Characters of a key or a user's name, at most.
const NAME_MAX: usize = 200;
/// Items that one operation keeps.
const ACCEPT_MAX: usize = 250;

/// The outbox. Clones share it.
#[derive(Clone)]
pub struct Outbox(Arc<Inner>);

struct Inner {
    db: Db,
    blobs: Blobs,
    clock: Clock,
    rng: Rng,
    vault: Vault,
    validators: Validators,
}

/// What became of a submitted item.
pub type Answer = Result<Accepted, Refused>;

impl Outbox {
    /// An outbox over the database, with images among the files, for the connections of a vault.
    pub fn new(db: Db, blobs: Blobs, clock: Clock, rng: Rng, vault: Vault) -> Self {
        Self(Arc::new(Inner {
            db,
            blobs,
            clock,
            rng,
            vault,
            validators: Validators::default(),
        }))
    }

    /// The connections that it delivers for.
    pub fn vault(&self) -> &Vault {
        &self.0.vault
    }

    pub(crate) fn db(&self) -> &Db {
        &self.0.db
    }

    pub(crate) fn blobs(&self) -> &Blobs {
        &self.0.blobs
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    pub(crate) fn validators(&self) -> &Validators {
        &self.0.validators
    }

    pub(crate) fn rng(&self) -> &Rng {
        &self.0.rng
    }

    /// Accepts items of an app's users, each for itself; answers in their order. What is answered
    /// `Ok` is durable and will be delivered once, or parked with a reason. An item with the key
    /// and content of an earlier one is that one.
    pub async fn accept(
        &self,
        app_id: &str,
        items: Vec<NewItem>,
    ) -> Result<Vec<Answer>, OutboxError> {
        let mut answers = Vec::with_capacity(items.len());
        let mut items = items.into_iter().peekable();
        let mut prepared = Prepared::default();
        // Some are looked at while those before them are written.
        while !prepared.is_empty() || items.peek().is_some() {
            let some = items.by_ref().take(ACCEPT_MAX).collect();
            let (kept, next) = tokio::join!(
                self.keep(app_id, std::mem::take(&mut prepared)),
                self.prepare_all(app_id, some)
            );
            answers.extend(kept?);
            prepared = next?;
        }
        Ok(answers)
    }

    async fn prepare_all(
        &self,
        app_id: &str,
        items: Vec<NewItem>,
    ) -> Result<Prepared, OutboxError> {
        let mut users = HashMap::new();
        let mut prepared = Prepared::default();
        for item in items {
            let to_do = match self.connected(app_id, &item.user, &mut users).await? {
                Ok((id, place)) => {
                    prepared.lanes.entry(id).or_insert(place);
                    self.prepare(item, id).await?
                }
                Err(refused) => Err(refused),
            };
            prepared.answers.push(to_do.map(|item| {
                prepared.items.push(item);
                prepared.items.len() - 1
            }));
        }
        Ok(prepared)
    }

    /// The connection of a user, and where it leads.
    pub(crate) async fn connected(
        &self,
        app_id: &str,
        user: &str,
        known: &mut HashMap<String, Result<(Uuid, String), Refused>>,
    ) -> Result<Result<(Uuid, String), Refused>, OutboxError> {
        if let Some(found) = known.get(user) {
            return Ok(found.clone());
        }
        let found = if is_name(user) {
            self.find_connection(app_id, user).await?
        } else {
            Err(Refused::UnknownUser(user.chars().take(NAME_MAX).collect()))
        };
        let found = found.map(|connection| (connection.id, connection.geolocation));
        known.insert(user.to_owned(), found.clone());
        Ok(found)
    }

    pub(crate) async fn find_connection(
        &self,
        app_id: &str,
        user: &str,
    ) -> Result<Result<Connection, Refused>, OutboxError> {
        let vault = &self.0.vault;
        if let Some(connection) = vault.of_ref(app_id, user).await? {
            // One that is lost accepts: its user may connect again in time.
            return Ok(match connection.state {
                ConnectionState::Connected | ConnectionState::Lost => Ok(connection),
                ConnectionState::Ending | ConnectionState::Ended => {
                    Err(Refused::NotConnected(user.to_owned()))
                }
            });
        }
        Ok(Err(match vault.find_account(app_id, user).await? {
            Some(_) => Refused::NotConnected(user.to_owned()),
            None => Refused::UnknownUser(user.to_owned()),
        }))
    }

    /// Checks an item, and keeps its image before the row that names it.
    async fn prepare(
        &self,
        item: NewItem,
        connection_id: Uuid,
    ) -> Result<Result<Ready, Refused>, OutboxError> {
        if !is_name(&item.key) {
            return Ok(Err(Refused::Invalid(vec![crate::Fault {
                path: "key".to_owned(),
                expected: format!("1 to {NAME_MAX} printable characters"),
                got: item.key.chars().take(NAME_MAX).collect(),
            }])));
        }
        let value = match self.0.validators.check(item.item_type, &item.body) {
            Ok(value) => value,
            Err(refused) => return Ok(Err(refused)),
        };
        let image = item.image.as_deref();
        let fingerprint = canonical::fingerprint(item.item_type, &value, image);
        let (mut blob, mut media_type) = (None, None);
        if let Some(image) = item.image {
            match image_type(item.item_type, &image) {
                Ok(format) => media_type = Some(format.media_type()),
                Err(refused) => return Ok(Err(refused)),
            }
            blob = Some(self.0.blobs.put(image).await?.to_string());
        }
        Ok(Ok(Ready {
            connection_id,
            user_ref: item.user,
            key: item.key,
            fingerprint,
            item_type: item.item_type,
            body: item.body,
            image_blob: blob,
            image_type: media_type,
        }))
    }

    /// Writes what was prepared; answers in the order of what was asked.
    async fn keep(&self, app_id: &str, prepared: Prepared) -> Result<Vec<Answer>, DbError> {
        let Prepared {
            mut lanes,
            items,
            answers,
        } = prepared;
        if items.is_empty() {
            let refused = answers.into_iter().filter_map(Result::err);
            return Ok(refused.map(Err).collect());
        }
        lanes.retain(|id, _| items.iter().any(|item| item.connection_id == *id));
        // Those that take one lane share a transaction, in the order of lanes; who takes several
        // has one alone, so that none waits for another in circles.
        let isolation = match lanes.len() {
            1 => lanes.keys().next().map_or(Isolation::Append, |id| {
                let (row, _) = id.as_u64_pair();
                Isolation::Update { row }
            }),
            _ => Isolation::ReadCommitted,
        };
        let now = self.0.clock.now();
        let args = (app_id.to_owned(), lanes, items, now);
        let keep = self
            .0
            .db
            .write(isolation, args, |tx, (app_id, lanes, items, now)| {
                Box::pin(keep_all(tx, app_id, lanes, items, *now))
            });
        let kept: Vec<Answer> = keep.await?;
        let answers = answers.into_iter().map(|prepared| {
            let index = prepared?;
            kept[index].clone()
        });
        Ok(answers.collect())
    }

    /// An item of an app.
    pub async fn get(&self, app_id: &str, id: i64) -> Result<Option<Item>, DbError> {
        let args = (app_id.to_owned(), id);
        let get = self.0.db.read(args, |tx, (app_id, id)| {
            Box::pin(store::get(tx, app_id, *id))
        });
        get.await
    }

    /// An item's JSON, to the letter.
    pub async fn body(&self, app_id: &str, id: i64) -> Result<Option<String>, DbError> {
        let content = self.content(app_id, id).await?;
        Ok(content.map(|content| content.body))
    }

    /// The media type of an item's image, and the image.
    pub async fn image(
        &self,
        app_id: &str,
        id: i64,
    ) -> Result<Option<(String, Bytes)>, OutboxError> {
        let content = self.content(app_id, id).await?;
        let named = content.and_then(|content| content.image_blob.zip(content.image_type));
        let Some((blob, media_type)) = named else {
            return Ok(None);
        };
        let blob = blob.parse().map_err(|_| DbError::Decode { column: 1 })?;
        Ok(Some((media_type, self.0.blobs.get(blob).await?)))
    }

    /// The media type of an item's image, if it has one.
    pub async fn image_type(&self, app_id: &str, id: i64) -> Result<Option<String>, DbError> {
        let content = self.content(app_id, id).await?;
        Ok(content.and_then(|content| content.image_type))
    }

    async fn content(&self, app_id: &str, id: i64) -> Result<Option<Content>, DbError> {
        let args = (app_id.to_owned(), id);
        let get = self.0.db.read(args, |tx, (app_id, id)| {
            Box::pin(store::content(tx, app_id, *id))
        });
        get.await
    }

    /// An app's items before one (`i64::MAX` begins), newest first, of a state or of all.
    pub async fn list(
        &self,
        app_id: &str,
        of: Option<State>,
        before: i64,
        limit: i64,
    ) -> Result<Vec<Item>, DbError> {
        let args = (app_id.to_owned(), of, before, limit);
        let list = self.0.db.scan(args, |tx, (app_id, of, before, limit)| {
            Box::pin(store::list(tx, app_id, *of, *before, *limit))
        });
        list.await
    }

    /// How many of an app's items are neither delivered nor parked.
    pub async fn open(&self, app_id: &str) -> Result<i64, DbError> {
        let open = self.0.db.scan(app_id.to_owned(), |tx, app_id| {
            Box::pin(store::open(tx, app_id))
        });
        open.await
    }

    /// Has a connection's items looked at now, though they wait: its user has connected again.
    pub async fn wake(&self, connection_id: Uuid) -> Result<(), DbError> {
        let args = (connection_id, self.0.clock.now());
        let wake = self
            .0
            .db
            .write(Isolation::ReadCommitted, args, |tx, (id, now)| {
                Box::pin(store::wake(tx, *id, *now))
            });
        wake.await
    }

    /// Whether an item names the file, for the sweep of files.
    pub async fn names_blob(&self, blob: &str) -> Result<bool, DbError> {
        let named = self.0.db.read(blob.to_owned(), |tx, blob| {
            Box::pin(store::names_blob(tx, blob))
        });
        named.await
    }
}

/// Items that were looked at.
#[derive(Default)]
struct Prepared {
    /// The lanes of those to keep, and where each leads.
    lanes: BTreeMap<Uuid, String>,
    items: Vec<Ready>,
    /// For each that was asked: its place in `items`, or why it is not kept.
    answers: Vec<Result<usize, Refused>>,
}

impl Prepared {
    fn is_empty(&self) -> bool {
        self.answers.is_empty()
    }
}

/// The lanes first: their rows, taken in order, put what comes into one order, too.
async fn keep_all(
    tx: &mut Tx,
    app_id: &str,
    lanes: &BTreeMap<Uuid, String>,
    items: &[Ready],
    now: Micros,
) -> Result<Vec<Answer>, DbError> {
    for (id, place) in lanes {
        store::arrive(tx, app_id, *id, place, now).await?;
    }
    let kept = store::insert(tx, app_id, items, (now, now + GIVE_UP_AFTER)).await?;
    let answers = kept.into_iter().zip(items);
    let answers =
        answers.map(|(kept, item)| kept.ok_or_else(|| Refused::KeyReused(item.key.clone())));
    Ok(answers.collect())
}

fn is_name(text: &str) -> bool {
    let length = text.chars().count();
    (1..=NAME_MAX).contains(&length) && !text.chars().any(char::is_control)
}
