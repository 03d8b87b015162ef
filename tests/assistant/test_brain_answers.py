import time

import pytest

from assistant.brain.answers import Change, read_answer
from assistant.brain.situation import Situation
from assistant.brain.yes_and_no import is_unmistakable

PLAN = {"dataset": "tickets.csv", "epochs": 3}
HERE = Situation(datasets=["tickets.csv", "orders.csv"])
DEPLOY, RUNS = {"model": "spam-1"}, Situation(models=["spam-1"], jobs=[{"id": "job-3", "status": "running"}])


@pytest.mark.parametrize(
    "text",
    [
        "yes",
        "Yes, please!",
        "go ahead",
        "ok do it",
        "sounds good",
        "好的",
        "可以，开始吧",
        "同意",
        "👍",
        "ok 👍🏽",
        "好👌",
    ],
)
def test_yes(text: str):
    assert read_answer(text, PLAN, "finetune_model", HERE) == "yes"


@pytest.mark.parametrize(
    "text",
    [
        "no",
        "no, not now",
        "cancel",
        "don't",
        "wait",
        "let me think first",
        "不用了",
        "先不要",
        "取消",
        "算了",
    ],
)
def test_no(text: str):
    assert read_answer(text, PLAN, "finetune_model", HERE) == "no"


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("yes, deploy spam-1", "yes"),
        ("ok deploy Spam-1 please", "yes"),
        ("好的，部署 spam-1 吧", "yes"),
        ("可以，部署spam-1", "yes"),
        ("yes, deploy spam-2", None),
        ("yes, deploy spam-1@2", None),
        ("yes, deploy spam-1.5", None),
        ("yes, undeploy spam-1", None),
        ("yes, train spam-1", None),
        ("yes, but spam-1 is slow", None),
        ("好的，下线 spam-1", None),
    ],
)
def test_a_yes_may_name_what_was_proposed(text: str, means: str | None):
    read = read_answer(text, DEPLOY, "deploy_model", RUNS)
    assert read == "yes" if means else read != "yes"


@pytest.mark.parametrize("text", ["thanks", "great, thanks!", "谢谢", "remove it", "now", "hm", "what?", "…"])
def test_what_is_no_clear_yes_starts_nothing(text: str):
    assert read_answer(text, {"source": "a.md"}, "add_knowledge", HERE) != "yes"


@pytest.mark.parametrize(
    ("text", "args"),
    [
        ("make it 5 epochs instead", {"epochs": 5}),
        ("make it 5", {"epochs": 5}),
        ("yes, but with lora", {"method": "lora"}),
        ("改成五轮", {"epochs": 5}),
        ("use 1e-4", {"learning_rate": 1e-4}),
        ("no, use orders.csv", {"dataset": "orders.csv"}),
        ("call it spam-2", {"name": "spam-2"}),
    ],
)
def test_changes(text: str, args: dict):
    assert read_answer(text, PLAN, "finetune_model", HERE) == Change(args)


@pytest.mark.parametrize(
    "text", ["what is your refund policy?", "how long will that take?", "为什么用这个模型？", "hello"]
)
def test_other_matters_are_no_answer(text: str):
    assert read_answer(text, PLAN, "finetune_model", HERE) is None


def test_another_model_is_a_change():
    situation = Situation(models=["a-1", "b-1"])
    assert read_answer("no, b-1 please", {"model": "a-1"}, "deploy_model", situation) == Change(
        {"model": "b-1"}
    )


@pytest.mark.parametrize(
    "text",
    [
        "no problem, go",
        "don't stop, go ahead",
        "stop asking and just do it",
        "no changes, go",
        "never mind the cost, go",
        "不用改，就这样开始",
        "别等了，开始吧",
        "不管了，上吧",
        "不好意思，可以",
        "别等了开始吧",
        "不用问了就开始",
        "可以开始了",
    ],
)
def test_what_begins_like_a_no_may_be_a_yes(text: str):
    assert read_answer(text, DEPLOY, "deploy_model", RUNS) == "yes"


@pytest.mark.parametrize(
    "text",
    [
        "no rush to start",
        "no rush to do it",
        "no need to hurry to start",
        "don't worry about when to start",
        "don't ask me when to go",
        "no questions until you start",
        "no changes until I tell you to go",
        "no problem if you do it",
        "never mind deploying it, ok",
        "never mind the whole thing, ok",
        "never mind that idea, ok thanks",
        "no rush, ok",
        "don't worry, ok",
        "ok 🛑",
        "ok ✋",
        "yes ✘",
        "sure 🙅‍♀️",
        "ok 🤔",
        "start the training",
        "the training please",
        "不急着开始",
        "先不急着开始",
        "不忙着执行",
        "不用担心开始",
        "不管什么时候开始",
        "不要再问什么时候开始",
        "没事，好的",
        "不急，好",
        "不管了，好",
        "开始训练",
        "训练吧",
        "训练",
        "对了",
        "行了",
        "好了，谢谢",
        "开始了",
        "继续问",
        "ok 😡",
        "don't stop the training just continue",  # which runs already
    ],
)
def test_none_of_these_is_a_yes(text: str):
    assert read_answer(text, DEPLOY, "deploy_model", RUNS) != "yes"


@pytest.mark.parametrize(
    ("text", "tool"),
    [("部署吧", "finetune_model"), ("部署吧", "undeploy_model"), ("训练吧", "add_knowledge")],
)
def test_a_verb_of_another_tool_is_no_yes(text: str, tool: str):
    assert read_answer(text, {}, tool, RUNS) != "yes"


@pytest.mark.parametrize(
    ("text", "unmistakable"),
    [
        ("yes, go", True),
        ("start it", True),
        ("yes, deploy spam-1", True),
        ("好的，开始吧", True),
        ("可以，部署吧", True),
        ("ok", False),
        ("yes", False),
        ("yes, go on", False),  # with what was said since, perhaps
        ("continue", False),
        ("好的", False),
        ("继续", False),
    ],
)
def test_which_yes_means_what_was_asked_a_while_ago(text: str, unmistakable: bool):
    assert is_unmistakable(text, "deploy_model") is unmistakable


@pytest.mark.parametrize(
    "text",
    [
        "no problem",  # no yes either
        "no rush to start",
        "don't wait until I go",
        "don't stop",
        "不用担心开始",
        "no, go",
        "wait, which columns are there?",
        "stop job-3",
        "stop the training",
        "取消任务3",
        "别的模型有哪些？",
        "停车场在哪？",
        "不太懂，什么意思？",
        "hmm, not sure. how long will it take?",
    ],
)
def test_what_may_be_no_no_leaves_the_approval_open(text: str):
    assert read_answer(text, DEPLOY, "deploy_model", RUNS) is None


@pytest.mark.parametrize(
    "text",
    [
        "don't worry, cancel it",
        "no thanks, that's fine",
        "不要部署",
        "cancel the deployment",
        "不行，太贵了",
        "👎",
        "🛑",
        "ok 🛑",
        "好，取消",
    ],
)
def test_a_no_in_other_words(text: str):
    assert read_answer(text, DEPLOY, "deploy_model", RUNS) == "no"


@pytest.mark.parametrize(
    "text",
    ["no, which models do we have?", "no, evaluate it first", "don't deploy it, train it again with lora"],
)
def test_a_no_may_be_followed_by_another_wish(text: str):
    assert read_answer(text, DEPLOY, "deploy_model", RUNS) == "instead"


@pytest.mark.parametrize(
    "text", ["嗯" * 40 + "让我想想", "start it " * 40 + "x", "好的" * 60 + "x", "no problem " * 90]
)
def test_repeated_words_are_read_at_once(text: str):
    from assistant.brain import yes_and_no

    begun = time.thread_time()
    for read in (yes_and_no.is_yes, yes_and_no.is_bare_no, yes_and_no.after_assent, yes_and_no.is_polite):
        read(text)
    assert time.thread_time() - begun < 0.1


@pytest.mark.parametrize(
    ("text", "args"),
    [
        ("use smollm2", {"base_model": "smollm2"}),
        ("改成smollm2", {"base_model": "smollm2"}),
        ("lr one point five e minus five", {"learning_rate": 1.5e-5}),
        ("make it five", {"epochs": 5}),
    ],
)
def test_digits_in_a_name_are_no_number_of_epochs(text: str, args: dict):
    assert read_answer(text, PLAN, "finetune_model", HERE) == Change(args)


@pytest.mark.parametrize("text", ["use int8", "use fp16", "use 4bit", "use gpt2"])
def test_what_is_no_number_changes_no_epochs(text: str):
    found = read_answer(text, PLAN, "finetune_model", HERE)
    assert not (isinstance(found, Change) and "epochs" in found.args)
