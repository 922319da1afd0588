//! The list of budgets: what is spent in the window that runs, of how much, and until when.

use crate::{
    components::{
        empty_state::EmptyState,
        money::{Money, places, write},
        panel::Panel,
        served::{Asked, pager},
        table::Table,
        time::Clock,
    },
    words::{self, Common},
};
use domain::{
    budget::{BudgetOf, Period},
    money::NanoUsd,
    views::{BudgetLine, Budgets as View, Listed},
};
use leptos::prelude::*;

/// What a period is called.
pub fn period_name(period: Period) -> &'static str {
    let t = words::Budgets::here();
    match period {
        Period::Day => t.day(),
        Period::Week => t.week(),
        Period::Month => t.month(),
        Period::Total => t.total(),
    }
}

/// How much of it is spent, in whole percents up to a hundred, and how the bar is coloured.
fn share(spent: NanoUsd, amount: NanoUsd) -> (i64, &'static str) {
    let percent = if amount.0 <= 0 { 100 } else { i128::from(spent.0.max(0)) * 100 / i128::from(amount.0) };
    let class = match percent {
        ..80 => "meter",
        80..100 => "meter warn",
        _ => "meter bad",
    };
    (i64::try_from(percent.min(100)).unwrap_or(100), class)
}

/// The list.
#[component]
pub fn Budgets<'a>(budgets: View, may_change: bool, asked: &'a Asked) -> impl IntoView {
    let (t, common) = (words::Budgets::here(), Common::here());
    let View { list: Listed { lines, next }, zone, .. } = budgets;
    let foot = pager(asked, "/budgets", "budgets", next);
    let page = asked.get("budgets").map(|cursor| format!("&budgets={cursor}")).unwrap_or_default();
    if lines.is_empty() && foot.is_none() {
        return view! {
            <Panel title=t.budgets() aside=common.none_yet()>
                <EmptyState title=t.none()><p class="mid">{t.none_is()}</p></EmptyState>
            </Panel>
        }
        .into_any();
    }
    let places = places(lines.iter().map(|line| line.spent));
    let row = move |line: BudgetLine| {
        let (percent, class) = share(line.spent, line.amount);
        let of = match line.of {
            BudgetOf::Tenant => t.tenant(),
            BudgetOf::Key => t.key(),
            BudgetOf::Member => t.member(),
        };
        let held = (line.held > NanoUsd::ZERO).then(|| t.held(&write(line.held, 2).main));
        let steps = line.steps.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
        let label = t.edit_named(&line.owner);
        view! {
            <tr>
                <th scope="row" class="strong clip" title=line.owner.clone()>{line.owner.clone()}" "<small class="dim">{of}</small></th>
                <td>{period_name(line.period)}</td>
                <td class="num bud">
                    <Money amount=line.spent places/>" "<span class="dim">{t.spent_of()}" "<Money amount=line.amount/></span>
                    <span class=class style=format!("--v: {percent}%") title=held></span>
                </td>
                <td>{match line.until {
                    Some(time) => view! { <Clock time/> }.into_any(),
                    None => view! { <span class="dim">{t.never()}</span> }.into_any(),
                }}</td>
                <td>{if line.hard { t.hard() } else { t.soft() }}</td>
                <td class="num mid">{steps}</td>
                <td class="acts">{may_change.then(|| view! {
                    <a href=format!("/budgets?budget={}{page}", line.id) class="btn ghost sm" aria-label=label>{t.edit()}</a>
                })}</td>
            </tr>
        }
    };
    view! {
        <div class="part" id="budgets"><Panel title=t.budgets() aside=t.days_in(&zone)>
            <Table label=t.budgets()>
                <thead>
                    <tr>
                        <th scope="col">{t.of()}</th>
                        <th scope="col">{t.per()}</th>
                        <th scope="col" class="num">{t.spent()}</th>
                        <th scope="col">{t.resets()}</th>
                        <th scope="col">{t.at_whole()}</th>
                        <th scope="col" class="num">{t.steps()}</th>
                        <th scope="col"><span class="sr">{common.actions()}</span></th>
                    </tr>
                </thead>
                <tbody>{lines.into_iter().map(row).collect_view()}</tbody>
            </Table>
            {foot}
        </Panel></div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_what_is_spent_and_never_longer_than_the_budget() {
        let bar = |spent, amount| share(NanoUsd(spent), NanoUsd(amount));
        assert_eq!(bar(0, 100), (0, "meter"));
        assert_eq!(bar(79, 100), (79, "meter"));
        assert_eq!(bar(80, 100), (80, "meter warn"));
        assert_eq!(bar(100, 100), (100, "meter bad"));
        assert_eq!(bar(i64::MAX, 1), (100, "meter bad"));
        assert_eq!(bar(0, 0), (100, "meter bad"), "nothing may be spent");
    }
}
