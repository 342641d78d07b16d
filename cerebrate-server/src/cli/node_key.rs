//! Keys: encryption keys as records like others, and the node key.

use std::fs;

use cerebrate_core::Kind;
use cerebrate_core::model::EncryptionKey;
use cerebrate_core::node_key::NodeKeyId;
use cerebrate_core::words::counted;
use cerebrate_store::Store;
use cerebrate_store::store::{RetiredKeys, Rotation};
use clap::{Args, Subcommand};
use serde::Serialize;

use super::failure::{DONE, Outcome};
use super::records::{self, RecordCommand};
use super::{Context, key_file};

/// What can be done with keys.
#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    #[command(flatten)]
    Records(RecordCommand),
    /// Give the database another node key, and sign and seal everything with it
    ///
    /// The audit trail is verified first; nothing is signed over one that was changed. The old key is
    /// kept beside the new one, for backups made before. Programs that have the database open have to
    /// open it again.
    RotateNodeKey(RotateArgs),
}

#[derive(Debug, Args)]
pub(crate) struct RotateArgs {
    /// End all auth keys: for when the old node key is in wrong hands
    #[arg(long)]
    revoke_auth_keys: bool,
}

#[derive(Serialize)]
struct Rotated<'a> {
    #[serde(flatten)]
    rotation: &'a Rotation,
    file: String,
    old_file: String,
}

/// Runs a command on keys.
pub(crate) fn run(context: &mut Context, command: &KeyCommand) -> Outcome {
    match command {
        KeyCommand::Records(command) => records::run::<EncryptionKey>(context, command),
        KeyCommand::RotateNodeKey(args) => rotate(context, args),
    }
}

fn rotate(context: &mut Context, args: &RotateArgs) -> Outcome {
    let store = context.place.writing()?;
    // Before a new one is made in vain. That what is kept of earlier keys was changed is no reason.
    match store.retired_node_keys() {
        Err(error) if error.kind() == Kind::Untrusted => {}
        retired => drop(retired?),
    }
    let path = context.place.key_path();
    let new = key_file::make()?;
    let id = new.id();
    let next = key_file::keep_next(&path, &new)?;
    let retired = if args.revoke_auth_keys { RetiredKeys::Drop } else { RetiredKeys::Keep };
    let spinner = context.out.progress(None, "verifying");
    let rotated = store.rotate_node_key(new, retired);
    spinner.finish_and_clear();
    let rotation = rotated.inspect_err(|_| {
        // As long as it may have become the key of the database, it is not thrown away.
        if is_not_its_key(context, id) {
            let _ = fs::remove_file(&next);
        }
    })?;
    let old_file = key_file::put_next(&path, rotation.before, rotation.after)?;
    key_file::clear_waiting(&path);
    if context.out.is_json() {
        context.out.document(&Rotated {
            rotation: &rotation,
            file: path.display().to_string(),
            old_file: old_file.display().to_string(),
        })?;
        return Ok(DONE);
    }
    context.out.line(&rotation.after.to_string())?;
    context.out.say(&format!(
        "{} verified, {} sealed again; the new node key is in `{}`",
        counted(rotation.rows, "row"),
        counted(rotation.secrets, "secret"),
        path.display()
    ))?;
    context.out.say(&format!(
        "the old one, `{}`, is kept in `{}`: backups made before need it",
        rotation.before,
        old_file.display()
    ))?;
    if args.revoke_auth_keys {
        context.out.say("auth keys issued before work no more")?;
    }
    Ok(DONE)
}

/// Whether the database certainly has another key.
fn is_not_its_key(context: &Context, id: NodeKeyId) -> bool {
    let opened = Store::options().read_only(true).must_exist(true).open(&context.place.path);
    match opened.and_then(|store| store.node_key_id()) {
        Ok(known) => known != Some(id),
        Err(error) => error.kind() == Kind::NotFound,
    }
}
