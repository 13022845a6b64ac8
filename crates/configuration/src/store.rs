//! Opens the database, with a data directory and a wrapping key made at first start.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
};

use jose::{WrapKey, b64};
use storage::{Options, StorageError, Store};

use super::server::{ServerConfig, WrapSource};

/// Why the server has no database or no key.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A directory or file cannot be made or read.
    #[error("{path}: {error} — let the user that runs sekisho read and write there")]
    File {
        /// Which.
        path: String,
        /// Why.
        error: io::Error,
    },
    /// What should be the wrapping key is not one.
    #[error(
        "the wrapping key in {0} is not 32 bytes — restore it from your backup: the database cannot be read without it"
    )]
    Key(String),
    /// The environment variable with the wrapping key is not set.
    #[error("the environment variable {0} is not set — put the wrapping key into it (32 bytes in base64url)")]
    NotSet(String),
    /// The database.
    #[error("{0}")]
    Storage(#[from] StorageError),
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> OpenError + '_ {
    move |error| OpenError::File {
        path: path.display().to_string(),
        error,
    }
}

/// Opens the database of a server, and its wrapping key. Makes the data directory (mode 0700) and, at first start,
/// the key (mode 0600).
pub async fn open_store(config: &ServerConfig) -> Result<(Store, WrapKey), OpenError> {
    make_directory(&config.data)?;
    if let Options::Sqlite { path } = &config.database
        && let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty())
    {
        make_directory(parent)?;
    }
    let key = wrap_key(config)?;
    Ok((Store::open(&config.database).await?, WrapKey::from_bytes(key)))
}

/// Makes the data directory (mode 0700) if it is missing.
pub fn make_data_directory(config: &ServerConfig) -> Result<(), OpenError> {
    make_directory(&config.data)
}

fn make_directory(path: &Path) -> Result<(), OpenError> {
    if path.is_dir() {
        return Ok(());
    }
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(at(path))
}

fn wrap_key(config: &ServerConfig) -> Result<[u8; 32], OpenError> {
    match &config.wrap {
        WrapSource::Default => {
            let path = config.master_key();
            if !path.exists() {
                make_key(&path).map_err(at(&path))?;
            }
            read_key(&path)
        }
        WrapSource::File(path) => read_key(path),
        WrapSource::Env(name) => {
            #[expect(
                clippy::disallowed_methods,
                reason = "the file says that the key is in the environment"
            )]
            let text = std::env::var(name).map_err(|_| OpenError::NotSet(name.clone()))?;
            parse_key(text.as_bytes()).ok_or_else(|| OpenError::Key(name.clone()))
        }
    }
}

fn read_key(path: &Path) -> Result<[u8; 32], OpenError> {
    let bytes = fs::read(path).map_err(at(path))?;
    parse_key(&bytes).ok_or_else(|| OpenError::Key(path.display().to_string()))
}

/// 32 bytes as they are, or written in base64 of either alphabet.
fn parse_key(bytes: &[u8]) -> Option<[u8; 32]> {
    if let Ok(key) = bytes.try_into() {
        return Some(key);
    }
    let text = std::str::from_utf8(bytes).ok()?.trim().trim_end_matches('=');
    b64::decode(text.replace('+', "-").replace('/', "_"))?.try_into().ok()
}

/// Makes a new key. It appears whole or not at all, and never in the place of another: the first of two servers that
/// start at once wins.
fn make_key(path: &Path) -> io::Result<()> {
    let new = path.with_extension(format!("key.new-{}", jose::random_token()));
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&new)?;
    file.write_all(&jose::random_bytes::<32>())?;
    file.sync_all()?;
    let linked = fs::hard_link(&new, path);
    fs::remove_file(&new)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => fs::File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all(),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use testkit::process::temporary_directory;

    use super::*;

    fn config(data: &Path) -> ServerConfig {
        ServerConfig {
            data: data.to_owned(),
            database: Options::Sqlite {
                path: data.join("sekisho.db"),
            },
            ..ServerConfig::without_file()
        }
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[tokio::test]
    async fn the_first_start_makes_a_private_directory_and_key_and_the_second_keeps_them() {
        let directory = temporary_directory("open");
        let config = config(&directory.join("deep/data"));
        drop(open_store(&config).await.unwrap());
        assert_eq!((mode(&config.data), mode(&config.master_key())), (0o700, 0o600));
        let key = fs::read(config.master_key()).unwrap();
        assert_eq!(key.len(), 32);
        drop(open_store(&config).await.unwrap());
        assert_eq!(fs::read(config.master_key()).unwrap(), key);
        let left: Vec<_> = fs::read_dir(&config.data)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert!(
            left.iter().all(|name| !name.to_string_lossy().contains("new-")),
            "{left:?}"
        );
        fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn a_key_is_never_overwritten() {
        let directory = temporary_directory("key");
        let path = directory.join("master.key");
        fs::write(&path, [7; 32]).unwrap();
        make_key(&path).unwrap();
        assert_eq!(fs::read(&path).unwrap(), [7; 32]);
        fs::remove_dir_all(directory).unwrap();
    }

    #[tokio::test]
    async fn a_damaged_key_stops_the_start_and_says_what_to_do() {
        let directory = temporary_directory("key");
        let config = config(&directory);
        fs::write(config.master_key(), [1; 31]).unwrap();
        let error = open_store(&config).await.err().unwrap().to_string();
        assert!(error.contains("not 32 bytes") && error.contains("backup"), "{error}");
        let gone = ServerConfig {
            wrap: WrapSource::File(directory.join("gone")),
            ..config
        };
        assert!(open_store(&gone).await.is_err());
        fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn keys_are_bytes_or_base64() {
        let key = [0xfb; 32];
        assert_eq!(parse_key(&key), Some(key));
        assert_eq!(parse_key(format!("{}\n", b64::encode(key)).as_bytes()), Some(key));
        assert_eq!(
            parse_key(b"+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/s=").map(|_| ()),
            Some(())
        );
        assert_eq!(parse_key(b"short"), None);
    }
}
