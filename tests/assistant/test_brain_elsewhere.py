"""Wishes that the chat has no tool for are told their command; texts and other wishes in like words are left alone."""

import pytest

from assistant.brain import decide as deciding
from assistant.brain.decide import Decision, decide
from assistant.brain.situation import Situation

ROUTERS = Situation(
    datasets=["tickets.csv"],
    models=[
        {"name": "router", "task": "text-classification", "status": "deployed"},
        {"name": "router-old", "task": "text-classification"},
    ],
)


def _ask(text: str, situation: Situation = ROUTERS) -> Decision:
    return decide([{"role": "user", "content": text}], situation)


@pytest.mark.parametrize(
    ("words", "command"),
    [
        ("promote router@1 to staging", "models promote router@1 --alias staging"),
        ("deploy router to the beta environment", "models promote router --alias beta"),
        ("把 router@1 发布到 staging 环境", "models promote router@1 --alias staging"),
        ("把 router@1 部署到测试环境", "models promote router@1 --alias staging"),
        ("roll back router to the version before", "models rollback router"),
        ("Could you roll router back, please?", "models rollback router"),
        ("go back to the previous version of router", "models rollback router"),
        ("undo the last deployment of router", "models rollback router"),
        ("把 router 回滚到上一个版本", "models rollback router"),
        ("请回滚 router 吧", "models rollback router"),
        ("A/B test router@1 on a tenth of the callers", "models split router --to router@1 --share 10"),
        ("A/B test router@2 against the current version", "models split router --to router@2 --share 10"),
        ("send 25 % of the traffic to router@2", "models split router --to router@2 --share 25"),
        ("let router@2 answer half of the requests", "models split router --to router@2 --share 50"),
        ("把 30% 的流量分给 router@2", "models split router --to router@2 --share 30"),
        ("让 router@2 回答百分之二十的用户", "models split router --to router@2 --share 20"),
        ("对 router@2 做 A/B 测试", "models split router --to router@2 --share 10"),
        ("run router@2 in shadow", "models split router --to router@2 --shadow"),
        ("让 router@2 影子运行", "models split router --to router@2 --shadow"),
        ("delete the model router-old", "models delete router-old"),
        ("Hi, I want to delete router-old for good.", "models delete router-old"),
        ("把 router-old 模型删掉", "models delete router-old"),
        ("帮我删除 router-old", "models delete router-old"),
    ],
)  # fmt: skip
def test_wishes_that_the_chat_has_no_tool_for_become_no_other_action(words: str, command: str):
    found = _ask(words)
    assert (found.tool, found.args, found.options) == (None, {}, [])
    assert f"`assistant {command}`" in found.question


@pytest.mark.parametrize(
    ("words", "tool"),
    [
        ("promote router@2 to production", "deploy_model"),
        ("roll back to router@1", "deploy_model"),
        ("take router out of service, don't delete router", "undeploy_model"),
    ],
)
def test_wishes_beside_them_are_still_fulfilled(words: str, tool: str):
    assert _ask(words).tool == tool


# Sentences in the words of such wishes, by the tool that the encoder takes them for; "other" where it is unsure.
LIKE_WORDS = [
    ("predict", [
        "classify with router: 30% of customers got the wrong invoice",
        "What does router say to: 20 percent of our orders were late and a third of customers complained",
        "用 router 预测：30%的用户收不到验证码",
        "classify this with router: your driver was in shadow mode all day",
        "predict with router: my split traffic light is broken",
        "predict with router: the scale must be calibrated again",
        "what does router say about: please calibrate my thermostat",
        "用 router 预测：仪器校准什么时候完成",
        "use router to predict: half of the users cannot log in",
        "predict with router 'half of the customers are angry'",
        "在 router 上测试这句话：我的订单在哪里",
        "classify with router: please roll back the last release",
        "predict with router: please delete my account, the model is wrong",
        "use router on: promote me to beta tester",
        "classify 'roll back router' with router",
        "predict with router: run the A/B test again",
        "用 router 预测：请回滚到上一个版本",
        "router 说什么：灰度发布失败了",
        "用 router 预测：A/B 测试的结果在哪里",
        "用 router 判断：25%的流量被丢弃了",
        "在 router 上试试：测试环境登录不了",
    ]),
    ("explain_prediction", [
        "explain why router said: 10% of users see an error",
        "explain the prediction of router on: the staging server of router is down",
        "解释 router 为什么说：影子价格上涨了",
    ]),
    ("evaluate_model", [
        "router was wrong on 15% of requests, evaluate it on tickets.csv",
        "evaluate router on tickets.csv before we roll back router",
        "how is router calibrated against tickets.csv for German customers?",
        "evaluate router on tickets.csv, is it well calibrated?",
        "删除 router 之前先评估一下",
        "评估 router 在 tickets.csv 上的校准和准确率",
    ]),
    ("other", [
        "how accurate is router on a third of the requests?",
        "把 tickets.csv 放到 router 上测试",
        "what would change if router lost 5% of customers",
        "redact: delete router john@x.com",
        "what does router say to: delete the model router",
        "explain why router said: please delete router",
        "predict with router: which words drive each class?",
        "don't roll back router, just show me router",
        "who wants to roll back router?",
        "redact: 25% of the users of router",
        "用 router 分类：把旧模型删掉",
        "删除 router 并用 tickets.csv 重新训练",
        "router 的别名是什么？",
        "为什么要把 router 回滚到上一个版本？",
        "用 tickets.csv 训练 router，20%的用户被分错了",
    ]),
    ("finetune_model", [
        "retrain router on tickets.csv because 12% of the requests were misrouted",
        "train router again, it misroutes 20% of customers",
        "delete the router and train a new one on tickets.csv",
        "train router on tickets.csv and promote router to staging",
    ]),
    ("benchmark_model", [
        "set router to preview in the benchmark",
        "bench router with half of the traffic",
        "benchmark router in shadow of the old one",
    ]),
    ("deploy_model", [
        "deploy router so that beta users can use it",
        "deploy router, 30% of the customers wait for it",
    ]),
    ("compare_models", [
        "compare router with a third of traffic",
    ]),
    ("undeploy_model", [
        "delete router endpoint",
        "get rid of router deployment",
        "remove router from service",
        "should I delete router from production?",
        "删除 router 的部署",
        "不想删除 router，只是停用它",
        "别再删除 router",
        "do not delete router",
        "I never want to delete router, only undeploy it",
        "is it safe to delete router?",
        "what happens when I delete router?",
        "不要删除 router",
        "别把 router 删掉",
        "不用回滚 router，只要下线它",
    ]),
    ("redact_text", [
        "脱敏：删除 router 张三 13800138000",
    ]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("tool", "words"), [(tool, each) for tool, sentences in LIKE_WORDS for each in sentences]
)
def test_a_text_or_another_wish_in_like_words_stays_what_it_is(
    tool: str, words: str, monkeypatch: pytest.MonkeyPatch
):
    found = _ask(words)
    assert "`assistant " not in found.question and (tool == "other" or found.tool == tool)
    monkeypatch.setattr(deciding, "command_for", lambda asked, language: None)
    monkeypatch.setattr(deciding, "over_rows", lambda asked: None)
    assert found == _ask(words), "as if there were no such wishes"


@pytest.mark.parametrize("sent", ["roll back router", "is router well calibrated?", "删除 router"])
def test_a_text_that_was_asked_for_is_no_wish(sent: str):
    talk = [
        {"role": "user", "content": "classify a text with router"},
        {"role": "assistant", "content": "Which text shall router classify?"},
        {"role": "user", "content": sent},
    ]
    assert "`assistant " not in decide(talk, ROUTERS).question


def test_a_visitor_is_told_no_commands():
    visitor = Situation(models=["router"], role="visitor")
    assert "assistant models" not in _ask("delete the model router", visitor).question
