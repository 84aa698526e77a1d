//! What `results.json` says about the design.

use serde_json::{Value, json};

use crate::design::across_json::across;
use crate::design::{
    Attribution, Component, Derived, DesignAnalysis, Trend, TrendTest, VarianceShare,
    VarianceSplit, Withheld,
};
use crate::effect::Effect;
use crate::format::json::{derived, effect, interval, maybe};
use crate::stats::page_trend::{Method, Page};

/// Null where the design supports nothing beyond its contrasts.
pub(crate) fn design_analysis(analysis: &DesignAnalysis) -> Value {
    if analysis.is_empty() {
        return Value::Null;
    }
    json!({
        "family": analysis.family,
        "main-effects": analysis.main_effects.iter().map(factor_effect).collect::<Vec<_>>(),
        "interactions": analysis.interactions.iter().map(factor_effect).collect::<Vec<_>>(),
        "aliases": analysis.aliases.as_ref().map(|aliases| json!({
            "resolution": aliases.resolution,
            "words": aliases.words,
            "effects": aliases.effects.iter().map(|aliased| json!({
                "effect": aliased.effect,
                "with": aliased.with,
            })).collect::<Vec<_>>(),
        })),
        "components": analysis.components.iter().map(component).collect::<Vec<_>>(),
        "trends": analysis.trends.iter().map(trend).collect::<Vec<_>>(),
        "across-datasets": analysis.across.as_ref().map(across),
        "variance": analysis.variance.iter().map(split).collect::<Vec<_>>(),
    })
}

fn factor_effect(of: &Derived) -> Value {
    let (averaged, possible) = of.combinations;
    json!({
        "name": of.name,
        "factors": of.factors,
        "levels": of.levels,
        "combinations": { "averaged": averaged, "possible": possible },
        "aliased-with": of.alias,
        "declared": of.declared,
        "effect": measured(&of.effect),
        "withheld": withheld(&of.effect),
    })
}

fn component(component: &Component) -> Value {
    json!({
        "name": component.name,
        "leave-one-out": {
            "effect": measured(&component.leave_one_out),
            "withheld": withheld(&component.leave_one_out),
        },
        "add-one-in": {
            "effect": measured(&component.add_one_in),
            "withheld": withheld(&component.add_one_in),
        },
        "shapley": attribution(&component.shapley),
    })
}

fn attribution(of: &Result<Attribution, Withheld>) -> Value {
    let known = of.as_ref().ok();
    json!({
        "effect": known.map(|attribution| effect(&attribution.effect)),
        "bootstrap-95": known.and_then(|attribution| attribution.bootstrap).map(interval),
        "withheld": withheld(of),
    })
}

fn trend(trend: &Trend) -> Value {
    let response = &trend.response;
    json!({
        "factor": response.factor,
        "levels": response.doses.iter().map(|dose| json!({
            "value": dose.value,
            "label": dose.label,
            "condition": dose.condition,
        })).collect::<Vec<_>>(),
        "scores": response.scores.iter().map(|(seed, scores)| json!({
            "seed": seed,
            "scores": scores,
        })).collect::<Vec<_>>(),
        "test": trend.test.as_ref().ok().map(test),
        "withheld": withheld(&trend.test),
    })
}

fn test(test: &TrendTest) -> Value {
    json!({
        "page": test.page.as_ref().map(page),
        "slope": test.slope.word(),
        "adjusted-p": maybe(test.adjusted_p),
        "change": effect(&test.change),
    })
}

fn page(page: &Page) -> Value {
    json!({
        "l": derived(page.l),
        "expected": derived(page.expected),
        "p-increasing": derived(page.p_increasing),
        "p-decreasing": derived(page.p_decreasing),
        "p-two-sided": derived(page.p_two_sided),
        "method": match page.method {
            Method::Exact => "exact",
            Method::Normal => "normal",
        },
    })
}

fn split(split: &VarianceSplit) -> Value {
    let shares = split.shares.as_ref().ok();
    json!({
        "condition": split.condition,
        "n": split.n,
        "sources": shares.map(|shares| shares.iter().map(share).collect::<Vec<_>>()),
        "withheld": withheld(&split.shares),
    })
}

fn share(share: &VarianceShare) -> Value {
    json!({
        "source": share.name(),
        "levels": share.levels,
        "estimable": share.variance.is_some(),
        "variance": maybe(share.variance),
        "share": maybe(share.share),
        "negative": share.negative,
    })
}

pub(super) fn measured(of: &Result<Effect, Withheld>) -> Value {
    of.as_ref().map_or(Value::Null, effect)
}

pub(super) fn withheld<T>(of: &Result<T, Withheld>) -> Value {
    of.as_ref()
        .err()
        .map_or(Value::Null, |why| json!({ "key": why.key(), "text": why.to_string() }))
}
