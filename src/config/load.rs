//! Finding and reading the configuration: file, then environment, then checks.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use toml::Table;

use super::{Config, env, error::ConfigError, validate};

/// A configuration with where it came from.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// What is configured.
    pub(crate) config: Config,
    /// The file; none when there is none and the defaults apply.
    pub(crate) file: Option<PathBuf>,
}

/// The file used when none is named.
const DEFAULT_FILE: &str = "moodwire.toml";

/// What applies where there is no file at all: the shipped watchlist on all of Bluesky, which needs no account, and digests
/// in the terminal.
const SHIPPED: &str = concat!(
    include_str!("watchlist.toml"),
    "[[source]]\nkind = \"bluesky\"\nname = \"bluesky\"\n",
    "[[channel]]\nkind = \"stdout\"\nname = \"terminal\"\n",
);

/// Reads the configuration from `named`, else the file that `MOODWIRE_CONFIG` names, else `./moodwire.toml`, else
/// what is shipped; then the environment's variables over it.
pub(crate) fn load(
    named: Option<&Path>,
    environment: &BTreeMap<String, String>,
) -> Result<Loaded, ConfigError> {
    let file = named
        .map(Path::to_owned)
        .or_else(|| {
            let named = environment.get("MOODWIRE_CONFIG");
            named.filter(|path| !path.is_empty()).map(PathBuf::from)
        })
        .or_else(|| Some(PathBuf::from(DEFAULT_FILE)).filter(|path| path.exists()));
    let (text, place) = match &file {
        Some(path) => (read(path)?, path.display().to_string()),
        None => (SHIPPED.to_owned(), "the defaults".to_owned()),
    };
    let mut table = parse(&text, &place)?;
    let touched = env::overlay(&mut table, environment)?;
    let config: Config = serde_path_to_error::deserialize(table).map_err(|error| {
        let key = error.path().to_string();
        let origin = touched.get(&key).map_or_else(
            || place.clone(),
            |variable| format!("environment variable {variable}"),
        );
        ConfigError(format!(
            "{origin}: {key}: {}",
            one_line(&error.inner().to_string())
        ))
    })?;
    let place = match touched.len() {
        0 => place,
        _ => format!("{place} with the environment's MOODWIRE_… variables"),
    };
    validate::check(&config, &place)?;
    Ok(Loaded { config, file })
}

fn read(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|error| {
        ConfigError(format!(
            "the configuration file {} cannot be read: {error}; name another with -c FILE",
            path.display()
        ))
    })
}

/// Reads the file by itself first, so that an unknown key or a wrong type is told with its line.
fn parse(text: &str, place: &str) -> Result<Table, ConfigError> {
    let at_line = |error: toml::de::Error| {
        let line = error.span().map(|span| {
            1 + text
                .get(..span.start)
                .unwrap_or_default()
                .matches('\n')
                .count()
        });
        let at = line.map_or_else(String::new, |line| format!(" line {line}"));
        ConfigError(format!("{place}{at}: {}", one_line(error.message())))
    };
    toml::from_str::<Config>(text).map_err(at_line)?;
    toml::from_str::<Table>(text).map_err(at_line)
}

fn one_line(message: &str) -> String {
    message.lines().collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load_text(text: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("moodwire.toml");
        std::fs::write(&path, text).unwrap();
        let environment = environment
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        load(Some(&path), &environment).map(|loaded| loaded.config)
    }

    fn refusal(text: &str, environment: &[(&str, &str)]) -> String {
        load_text(text, environment).unwrap_err().0
    }

    const DISCORD: &str = "[[channel]]\nkind = \"discord\"\nname = \"discord-main\"\n";

    #[test]
    fn the_example_holds_the_defaults_and_every_key() {
        let example = load_text(super::super::EXAMPLE, &[]).unwrap();
        let shown = toml::to_string(&example).unwrap();
        let defaults = toml::to_string(&Config::default()).unwrap();
        for line in defaults.lines().filter(|line| line.contains(" = ")) {
            assert!(shown.contains(line), "{line} is not the example's value");
            let key = line.split(" = ").next().unwrap();
            let named = super::super::EXAMPLE.lines().any(|line| {
                line.trim_start_matches("# ")
                    .starts_with(&format!("{key} = "))
            });
            assert!(named || line.ends_with("[]"), "{key} is not in the example");
        }
    }

    #[test]
    fn the_example_shows_every_key_of_a_source() {
        for key in crate::environment::source_keys() {
            let shown = super::super::EXAMPLE
                .lines()
                .any(|line| line.starts_with(&format!("# {key} = ")));
            assert!(shown, "{key} is not in the example");
        }
    }

    #[test]
    fn what_is_shipped_follows_bluesky_in_the_terminal() {
        let config: Config = toml::from_str(SHIPPED).unwrap();
        validate::check(&config, "what is shipped").unwrap();
        let kinds = (&*config.source[0].kind, &*config.channel[0].kind);
        assert_eq!(kinds, ("bluesky", "stdout"));
        assert!(config.actor.len() >= 20);
        let rest = toml::to_string(&Config {
            source: Vec::new(),
            actor: Vec::new(),
            channel: Vec::new(),
            ..config
        });
        let defaults = toml::to_string(&Config::default());
        assert_eq!(rest.unwrap(), defaults.unwrap());
    }

    #[test]
    fn a_file_without_actors_keeps_every_post() {
        assert!(load_text("", &[]).unwrap().actor.is_empty());
    }

    #[test]
    fn a_blueskys_settings_are_read_and_its_password_is_never_shown() {
        let folder = tempfile::tempdir().unwrap();
        let secret = folder.path().join("password");
        std::fs::write(&secret, "s3cret\n").unwrap();
        let config = load_text(
            "[[source]]\nkind = \"bluesky\"\nname = \"sky\"\nidentifier = \"a.example\"\ndictionary = \"d\"\n",
            &[
                ("MOODWIRE_SOURCE__SKY__PASSWORD_FILE", secret.to_str().unwrap()),
                ("MOODWIRE_SOURCE__SKY__COMPRESS", "true"),
            ],
        )
        .unwrap();
        assert!(config.source[0].compress);
        let shown = toml::to_string(&config).unwrap();
        assert!(
            shown.contains("password = \"****\"") && !shown.contains("s3cret"),
            "{shown}"
        );
    }

    #[test]
    fn an_unknown_key_is_told_with_file_line_and_what_is_known() {
        let sentence = refusal("[queue]\nurll = \"redis://x\"\n", &[]);
        assert!(sentence.contains("moodwire.toml line 2"), "{sentence}");
        assert!(
            sentence.contains("urll") && sentence.contains("`url`"),
            "{sentence}"
        );
    }

    #[test]
    fn a_value_of_the_wrong_type_is_told_with_file_and_line() {
        let sentence = refusal("[worker]\ncollect = \"many\"\n", &[]);
        assert!(sentence.contains("moodwire.toml line 2"), "{sentence}");
        let sentence = refusal("[publish]\ngrace = \"soon\"\n", &[]);
        assert!(sentence.contains("moodwire.toml line 2"), "{sentence}");
    }

    #[test]
    fn a_variable_overrides_the_file() {
        let config = load_text(
            "[publish]\ngrace = \"1m\"\n[worker]\ncollect = 1\n",
            &[
                ("MOODWIRE_PUBLISH__GRACE", "3m"),
                ("MOODWIRE_WORKER__COLLECT", "7"),
                ("MOODWIRE_SCORER__OVERLAY", "crypto"),
            ],
        )
        .unwrap();
        assert_eq!(config.publish.grace.as_secs(), 180);
        assert_eq!(config.worker.collect, 7);
        assert_eq!(config.scorer.overlay.as_deref(), Some("crypto"));
    }

    #[test]
    fn a_variable_of_the_wrong_type_or_name_is_told_by_its_name() {
        let sentence = refusal("", &[("MOODWIRE_WORKER__COLLECT", "many")]);
        assert!(sentence.contains("MOODWIRE_WORKER__COLLECT"), "{sentence}");
        let sentence = refusal("", &[("MOODWIRE_QEUE__URL", "redis://x")]);
        assert!(sentence.contains("MOODWIRE_QEUE__URL"), "{sentence}");
    }

    #[test]
    fn an_entry_of_a_list_is_set_by_its_name_and_a_secret_by_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let secret = folder.path().join("url");
        std::fs::write(&secret, "https://discord.com/api/webhooks/1/token\n").unwrap();
        let config = load_text(
            DISCORD,
            &[(
                "MOODWIRE_CHANNEL__DISCORD_MAIN__URL_FILE",
                secret.to_str().unwrap(),
            )],
        )
        .unwrap();
        assert!(config.channel[0].url.is_some());
        let shown = toml::to_string(&config).unwrap();
        assert!(!shown.contains("token"), "{shown}");
    }

    #[test]
    fn a_sources_token_is_read_from_a_file_and_never_shown() {
        let folder = tempfile::tempdir().unwrap();
        let secret = folder.path().join("token");
        std::fs::write(&secret, "s3cret\n").unwrap();
        let config = load_text(
            "[[source]]\nkind = \"mastodon\"\nname = \"fedi\"\nurl = \"https://a.example\"\nhashtags = [\"b\"]\n",
            &[("MOODWIRE_SOURCE__FEDI__TOKEN_FILE", secret.to_str().unwrap())],
        )
        .unwrap();
        let token = config.source[0].token.as_ref().unwrap();
        assert_eq!(secrecy::ExposeSecret::expose_secret(token), "s3cret");
        let shown = toml::to_string(&config).unwrap();
        assert!(
            shown.contains("token = \"****\"") && !shown.contains("s3cret"),
            "{shown}"
        );
    }

    #[test]
    fn numbers_and_truths_of_a_source_are_set_by_variables() {
        let config = load_text(
            "[[source]]\nkind = \"x\"\nname = \"x-main\"\ntoken = \"t\"\nqueries = [\"a\"]\ndialect = \"tweet\"\n",
            &[
                ("MOODWIRE_SOURCE__X_MAIN__DAILY_READS", "500"),
                ("MOODWIRE_SOURCE__X_MAIN__POST_PRICE", "0.001"),
                ("MOODWIRE_SOURCE__X_MAIN__USERS", "false"),
                ("MOODWIRE_SOURCE__X_MAIN__BACKFILL", "30m"),
            ],
        )
        .unwrap();
        let source = &config.source[0];
        assert_eq!((source.daily_reads, source.users), (Some(500), Some(false)));
        assert_eq!(source.post_price, Some(0.001));
        assert_eq!(source.backfill.unwrap().as_secs(), 1800);
    }

    #[test]
    fn a_discord_channel_without_a_url_is_refused_with_the_mend() {
        let sentence = refusal(DISCORD, &[]);
        assert!(
            sentence.contains("discord-main") && sentence.contains("url"),
            "{sentence}"
        );
    }

    #[test]
    fn wrong_schemes_kinds_names_and_crons_are_refused() {
        for (text, word) in [
            ("[queue]\nurl = \"amqp://x\"", "redis://"),
            ("[lake]\nurl = \"redis://x\"", "mongodb://"),
            ("[warehouse]\nurl = \"mysql://x\"", "postgres://"),
            ("[[source]]\nkind = \"rss\"\nname = \"a\"", "replay"),
            ("[[source]]\nkind = \"replay\"\nname = \"a\"", "path"),
            (
                "[[source]]\nkind = \"replay\"\nname = \"a b\"\npath = \"x\"",
                "a b",
            ),
            (
                "[[source]]\nkind = \"mastodon\"\nname = \"a\"\nhashtags = [\"b\"]",
                "url is \"\"",
            ),
            (
                "[[source]]\nkind = \"mastodon\"\nname = \"a\"\nurl = \"https://a.example\"",
                "nothing to read",
            ),
            (
                "[[source]]\nkind = \"replay\"\nname = \"a\"\npath = \"x\"\ntoken = \"t\"",
                "belongs to another kind",
            ),
            (
                "[[source]]\nkind = \"bluesky\"\nname = \"a\"\nmode = \"rss\"",
                "the modes are jetstream and poll",
            ),
            (
                "[[source]]\nkind = \"bluesky\"\nname = \"a\"\nmode = \"poll\"",
                "nothing to read",
            ),
            (
                "[[source]]\nkind = \"bluesky\"\nname = \"a\"\nhashtags = [\"b\"]",
                "belongs to another kind",
            ),
            (
                "[[source]]\nkind = \"x\"\nname = \"a\"\nqueries = [\"b\"]",
                "there is no token",
            ),
            (
                "[[source]]\nkind = \"x\"\nname = \"a\"\ntoken = \"t\"\nmode = \"firehose\"",
                "search, timeline and stream",
            ),
            ("[[channel]]\nkind = \"fax\"\nname = \"a\"", "discord"),
            ("[schedule]\ncollect = \"whenever\"", "whenever"),
            ("[worker]\ncollect = 0", "collect"),
            ("[retry]\npublish = 0", "publish"),
        ] {
            let sentence = refusal(text, &[]);
            assert!(sentence.contains(word), "{sentence}");
        }
    }

    #[test]
    fn an_actor_that_cannot_be_found_is_refused_with_its_name_and_key() {
        for (actor, words) in [
            (
                "name = \"A\"\nx = \"no handle\"",
                "[[actor]] \"A\" x is \"no handle\"",
            ),
            ("name = \"A\"", "[[actor]] \"A\" has nothing to be found by"),
            ("x = \"a\"", "[[actor]] number 1 has no name"),
            ("name = \"A\"\nkeyword = [\"a\"]", "moodwire.toml line 3"),
            ("name = \"A\"\ncashtags = \"BTC\"", "moodwire.toml line 3"),
        ] {
            let sentence = refusal(&format!("[[actor]]\n{actor}\n"), &[]);
            assert!(sentence.contains(words), "{sentence}");
        }
    }

    #[test]
    fn a_name_given_twice_is_refused() {
        let one = "[[source]]\nkind = \"replay\"\nname = \"a\"\npath = \"x\"\n";
        let sentence = refusal(&format!("{one}{one}"), &[]);
        assert!(sentence.contains("\"a\""), "{sentence}");
    }
}
