//! The two dialects of X's fields. Until OpenAPI 2.166 (July 2026) posts are `tweet`s in every name; from 2.167 on most
//! routes say `post`, while the filtered stream still takes the names of before. A field that a route does not know is no
//! error to X but silently missing, so that the two are never mixed in one request.

/// How fields are named.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Dialect {
    /// `post.fields`: OpenAPI 2.167.
    #[default]
    Post,
    /// `tweet.fields`: OpenAPI 2.166, and the stream.
    Tweet,
}

/// What is wanted beside the posts themselves. Each object counts as a read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extras {
    /// The authors.
    pub(super) users: bool,
    /// The posts that are reposted, quoted or answered.
    pub(super) references: bool,
}

impl Dialect {
    /// The dialect that is configured so.
    pub(super) fn parse(word: &str) -> Option<Self> {
        match word {
            "post" => Some(Self::Post),
            "tweet" => Some(Self::Tweet),
            _ => None,
        }
    }

    /// The parameters that ask for what is read of a post.
    pub(super) fn parameters(self, extras: Extras) -> Vec<(&'static str, String)> {
        let fields = match self {
            Self::Post => (
                "post.fields",
                "created_at,entities,lang,note_post,public_metrics".to_owned(),
            ),
            Self::Tweet => (
                "tweet.fields",
                "author_id,created_at,edit_history_tweet_ids,entities,lang,note_tweet,public_metrics,referenced_tweets".to_owned(),
            ),
        };
        let mut parameters = vec![fields];
        let expansions = self.expansions(extras);
        if !expansions.is_empty() {
            parameters.push(("expansions", expansions.join(",")));
        }
        if extras.users {
            parameters.push(("user.fields", "public_metrics".to_owned()));
        }
        parameters
    }

    /// In the dialect `post` ids of authors, references and earlier versions come with the objects alone.
    fn expansions(self, extras: Extras) -> Vec<&'static str> {
        let Extras { users, references } = extras;
        let all: [(&'static str, bool); 3] = match self {
            Self::Post => [
                ("author_id", users),
                ("edit_history_post_ids", true),
                ("referenced_posts", references),
            ],
            Self::Tweet => [
                ("author_id", users),
                ("referenced_tweets.id", references),
                ("referenced_tweets.id.author_id", users && references),
            ],
        };
        let wanted = all.into_iter().filter(|(_, wanted)| *wanted);
        wanted.map(|(name, _)| name).collect()
    }
}
