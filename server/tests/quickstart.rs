//! `serve --quickstart` on an empty directory: the curl line it prints works as printed, streamed too, and is charged.

use testkit::{Context, Result, Value, api::Api, database::Kind, ensure, node::Node, run::figure};
use tokio::process::Command;

testkit::on_a_node!(the_curl_line_that_quickstart_prints_works_as_printed);

async fn the_curl_line_that_quickstart_prints_works_as_printed(program: &str) -> Result<()> {
    let mut node = Node::new(program, None)?;
    node.serve_with("--quickstart");
    node.start().await?;
    // It greets once it serves, and it is ready a moment before.
    let greeted = async || Ok(node.printed().split_once("curl ").map(|(_, rest)| format!("curl {rest}")));
    let printed = testkit::wait::until("a curl line", std::time::Duration::from_secs(10), greeted).await?;
    // Up to the first line that does not go on.
    let mut command = String::new();
    for line in printed.lines() {
        command.push_str(line);
        command.push('\n');
        if !line.trim_end().ends_with('\\') {
            break;
        }
    }
    let answer: Value =
        shell(&command).await?.parse().with_context(|| format!("{command} did not answer with JSON"))?;
    ensure!(answer.pointer("/choices/0/message/content").is_some_and(Value::is_string), "{answer}");

    let streamed = command.replacen("\"model\"", "\"stream\": true, \"model\"", 1);
    ensure!(streamed != command, "the curl line has no JSON body with a model: {command}");
    let events = shell(&streamed).await?;
    ensure!(events.contains("data: [DONE]"), "{events}");

    let api = Api::new(node.address(), &node.token().await?);
    let posted = async || Ok(Some(api.usage("").await?).filter(|rows| rows.len() == 2));
    let rows = testkit::wait::until("two rows of usage", std::time::Duration::from_secs(10), posted).await?;
    ensure!(rows.iter().all(|row| row.get("status").is_some_and(|status| status == "200")), "{rows:?}");
    node.reconcile().await?;
    node.stop().await?;
    node.start().await.context("quickstart a second time, on the directory it made")?;
    figure(&format!("quickstart on {:?}: its curl answers, streamed and not; two rows, difference 0", Kind::Sqlite));
    Ok(())
}

async fn shell(command: &str) -> Result<String> {
    let output = Command::new("sh").args(["-c", command]).output().await?;
    ensure!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}
