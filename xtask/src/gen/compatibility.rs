//! Which versions of server, gateway and agent work together, from the numbers
//! in the code.

use std::fmt::Write as _;

use sekisho_wire::gateway::LINK_MAJOR;
use sekisho_wire::route::ROUTES;
use sekisho_wire::{PROTOCOL, PROTOCOL_MIN};

use super::Generated;

/// One page for each language.
pub(super) fn pages() -> Vec<Generated> {
    vec![
        Generated { path: "docs/reference/compatibility.md", content: english() },
        Generated { path: "docs/reference/compatibility.ja.md", content: japanese() },
    ]
}

fn numbers() -> String {
    format!(
        "| | |\n| --- | --- |\n| link (`LINK_MAJOR`) | {LINK_MAJOR} |\n| protocol written \
         (`PROTOCOL`) | {PROTOCOL} |\n| oldest protocol read (`PROTOCOL_MIN`) | {PROTOCOL_MIN} |\n"
    )
}

fn routes() -> String {
    let mut text = String::from("| route | method | path |\n| --- | --- | --- |\n");
    for route in ROUTES {
        let (name, method) = (route.name.as_str(), route.method.as_str());
        writeln!(text, "| {name} | {method} | `{}` |", route.path).expect("a string takes all");
    }
    text
}

fn english() -> String {
    format!(
        "<!-- Written by `cargo xtask gen`. Edit the code, not this page. -->\n\n# What works with \
         what\n\n{}\n| server | gateway | |\n| --- | --- | --- |\n| link {LINK_MAJOR} | link \
         {LINK_MAJOR} | works, whichever of the two is older: the server signs the route table and \
         the gateway relays by it |\n| link {LINK_MAJOR} | any other link | pairing is refused with \
         `gateway_version`, a paired gateway is told why in its status |\n\n| server | agent | |\n\
         | --- | --- | --- |\n| reads protocol {PROTOCOL_MIN} to {PROTOCOL} | writes protocol \
         {PROTOCOL_MIN} to {PROTOCOL} | works |\n| reads protocol {PROTOCOL_MIN} to {PROTOCOL} | \
         writes another | refused by name |\n\nA gateway knows nothing of the protocol between agent \
         and server. Upgrade in any order: server, gateways, agents.\n\n## Routes this version \
         publishes\n\n{}",
        numbers(),
        routes()
    )
}

fn japanese() -> String {
    format!(
        "<!-- `cargo xtask gen` が生成します。このページではなくコードを編集してください。 -->\n\n\
         # 互換性\n\n{}\n| サーバー | ゲートウェイ | |\n| --- | --- | --- |\n| リンク {LINK_MAJOR} | \
         リンク {LINK_MAJOR} | どちらが古くても動作します。経路表はサーバーが署名し、ゲートウェイは\
         それに従って中継します |\n| リンク {LINK_MAJOR} | その他のリンク | 登録は `gateway_version` \
         で拒否されます。登録済みのゲートウェイには状態画面で理由が示されます |\n\n| サーバー | \
         エージェント | |\n| --- | --- | --- |\n| プロトコル {PROTOCOL_MIN}～{PROTOCOL} を読み取り | \
         プロトコル {PROTOCOL_MIN}～{PROTOCOL} を送信 | 動作します |\n| プロトコル \
         {PROTOCOL_MIN}～{PROTOCOL} を読み取り | その他を送信 | 理由を示して拒否されます |\n\n\
         ゲートウェイはエージェントとサーバーの間のプロトコルを解釈しません。サーバー、ゲートウェイ、\
         エージェントはどの順番でもアップグレードできます。\n\n## このバージョンが公開する経路\n\n{}",
        numbers(),
        routes()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_name_every_route_and_the_numbers() {
        for page in pages() {
            for route in ROUTES {
                assert!(page.content.contains(route.path), "{} lacks {}", page.path, route.path);
            }
            assert!(page.content.contains(&format!("`LINK_MAJOR`) | {LINK_MAJOR} |")));
            assert!(page.content.ends_with("|\n"), "one line feed at the end");
        }
    }
}
