//! Every request that is made is one that GitHub's description allows, and what it says of the answer can be
//! read. A request that it does not allow is answered with a refusal, and so fails here.

use crate::prism::forge;
use anchorhold_domain::{ChecksState, FeedbackKind, PullRequest};
use anchorhold_forge::{NewPullRequest, PullRequestChange};

#[tokio::test]
async fn the_account_and_its_addresses() {
    let forge = forge().await;
    let account = forge.account().await.unwrap();
    assert_eq!((&*account.login, account.id), ("octocat", 1));
    assert_eq!(forge.emails().await.unwrap(), ["octocat@github.com"]);
}

#[tokio::test]
async fn repositories() {
    let forge = forge().await;
    let page = forge.repositories(1).await.unwrap();
    assert_eq!(page.repositories[0].name, "Hello-World");
    // The description's example of a `Link` header.
    assert_eq!(page.next, Some(2));
    let one = forge.repository("octocat", "Hello-World").await.unwrap();
    assert_eq!((&*one.owner, &*one.name), ("octocat", "Hello-World"));
}

#[tokio::test]
async fn issues() {
    let forge = forge().await;
    let list = forge.issues("octocat", "Hello-World", "", 1).await.unwrap();
    assert_eq!((list.issues.len(), &*list.issues[0].title, list.next), (1, "Found a bug", Some(2)));
    let search = forge.issues("octocat", "Hello-World", "line numbers", 1).await.unwrap();
    assert_eq!(search.issues[0].number, 132);
    let one = forge.issue("octocat", "Hello-World", 1347).await.unwrap();
    assert_eq!((&*one.title, &*one.labels), ("Found a bug", &["bug".to_owned()][..]));
    let said = forge.issue_comments("octocat", "Hello-World", 1347).await.unwrap();
    assert_eq!((&*said[0].author, &*said[0].body), ("octocat", "Me too"));
}

fn check(found: &PullRequest) {
    assert_eq!((found.number, &*found.base, found.checks), (1347, "master", ChecksState::Failed));
}

#[tokio::test]
async fn pull_requests() {
    let forge = forge().await;
    let new = NewPullRequest {
        head: "new-topic".to_owned(),
        base: "master".to_owned(),
        title: "Amazing new feature".to_owned(),
        body: "Please pull these awesome changes in!".to_owned(),
        draft: true,
    };
    check(&forge.create_pull_request("octocat", "Hello-World", &new).await.unwrap());
    check(&forge.pull_request("octocat", "Hello-World", 1347).await.unwrap());
    check(&forge.pull_request_of("octocat", "Hello-World", "new-topic").await.unwrap().unwrap());
    let change =
        PullRequestChange { title: Some("new title".to_owned()), body: Some("updated body".to_owned()) };
    check(&forge.update_pull_request("octocat", "Hello-World", 1347, &change).await.unwrap());
}

#[tokio::test]
async fn what_comes_back_for_a_pull_request() {
    let forge = forge().await;
    let request = forge.pull_request("octocat", "Hello-World", 1347).await.unwrap();
    let found = forge.feedback("octocat", "Hello-World", &request).await.unwrap();
    assert_eq!((found.checks, found.withheld), (ChecksState::Failed, vec![]));
    let mut kinds: Vec<_> = found.items.iter().map(|item| item.kind).collect();
    kinds.dedup();
    for kind in
        [FeedbackKind::LineComment, FeedbackKind::Review, FeedbackKind::Comment, FeedbackKind::FailedCheck]
    {
        assert!(kinds.contains(&kind), "{kind:?} in {kinds:?}");
    }
    let check = found.items.iter().find(|item| item.id == "check/4").unwrap();
    assert_eq!((&*check.title, &*check.body), ("mighty_readme", "##[error]the tide is out"));
    assert_eq!(check.annotations[0].path, "README.md");
}
