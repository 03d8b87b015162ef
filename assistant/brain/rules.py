r"""Word rules: what in a masked message speaks for or against a tool, and how strongly.

Each rule is ``(tool, weight, pattern)``; weights add up. Patterns see the message in lower case with names masked as
``FILE``, ``MODEL``, ``JOB``, ``URL``, ``BASE``, ``TEXT``.
"""

# ruff: noqa: E501 - patterns and wordings read best in one line

import re

_TRAIN = r"(?:fine?[\s-]?t[uo]?[un]e?\w*|(?:re)?train(?:ing|ed)?(?! (?:period|ticket|station|course|day|budget|staff))|teach|adapt)"
_KB = (
    r"(?:knowledge(?: ?base)?|\bdocs?\b|documentation|documents?|help[\s-]?cent(?:er|re)|\bfaqs?\b|handbook|wiki|"
    r"\bsources?\b|\bindex\b|answers?\b|知识库|文档库|知识)"
)
_MODELISH = r"(?:MODEL|\bmodels?\b(?! \w*\d)|classifier|模型|分类器)"
_PLEASE = r"^(?:(?:please|pls|ok|okay|now|then|and|so|hey|hi|could you|can you|would you|let'?s|go ahead and|i(?:'d like| want| would like) (?:you )?to)[, ]+)*"

RULES: list[tuple[str, float, str]] = [
    # looking into data
    (
        "inspect_dataset",
        3,
        r"\b(?:inspect|profile|analy[sz]e|describe|summari[sz]e|examine|explore)\b.*(?:FILE|data|file|csv|table|sheet|upload)",
    ),
    (
        "inspect_dataset",
        3,
        r"what(?:'s| is| are| have we got| do we have| does)?\b.*\b(?:in|inside|contain)\b.*(?:FILE|this file|the file|that file|my file|dataset|the data\b|csv|spreadsheet)",
    ),
    (
        "inspect_dataset",
        3,
        r"\b(?:look|peek|glance|check)\b.*(?:FILE|the data\b|this data|my data|dataset|file\b|csv|spreadsheet|table)",
    ),
    (
        "inspect_dataset",
        3,
        r"\b(?:rows|columns|fields|duplicates?|label distribution|missing values|class balance|balanced|imbalanced)\b.*\?*$",
    ),
    (
        "inspect_dataset",
        2,
        r"\b(?:show|open|read|view|overview|preview)\b.*(?:FILE|\bdata\b|dataset|\bfile\b)",
    ),
    (
        "inspect_dataset",
        2,
        r"(?:personal data|pii|sensitive).*\b(?:in|inside)\b.*(?:FILE|file|data\b|csv|it\b)",
    ),
    ("inspect_dataset", 2, r"^(?:here(?:'s| is| are)\b.*)?FILE[.!?]*$"),
    ("inspect_dataset", 3, r"(?:看|查看|检查|分析|介绍|了解|瞧).*(?:FILE|数据|文件|表格|表)"),
    (
        "inspect_dataset",
        3,
        r"(?:FILE|数据|文件|表格|它|里面?|这里).*(?:有什么|有啥|都有|多少行|几行|多少条|哪些列|几列|重复|个人信息|标签|分布|质量|内容|长什么样)",
    ),
    (
        "inspect_dataset",
        4,
        r"(?:FILE|\bdata(?:set)?\b|\bfile\b|\bcsv\b|\btable\b).*\b(?:contain|have|hold|include|got)\b.*(?:personal|private|sensitive|pii|duplicate|missing|empty|error)",
    ),
    ("inspect_dataset", 2, r"\b(?:lowdown|breakdown|rundown|gist|insights?|stats|statistics)\b"),
    # advice
    (
        "recommend_model",
        4,
        r"\brecommend|\bsuggest\w*\b.*(?:MODEL|BASE|model|approach|method|architecture)|\badvi[sc]e\b",
    ),
    (
        "recommend_model",
        4,
        r"\b(?:which|what)\b(?: \w+)? (?:base )?(?:model|architecture|method|approach|encoder)s?\b.*\b(?:should|would|use|best|fits?|suits?|good|right|pick|choose|start|need|work)",
    ),
    (
        "recommend_model",
        3,
        r"\bwhat (?:should|would) (?:i|we|you) (?:use|train|fine|pick|choose|go)|\bbest (?:base )?model (?:for|to)\b|\b(?:good|right|suitable) (?:base )?model (?:for|to)\b",
    ),
    (
        "recommend_model",
        3,
        r"BASE or BASE|\bis BASE (?:a )?(?:good|right|ok|suitable)|\blora or\b|\bor lora\b",
    ),
    ("recommend_model", 3, r"how long (?:would|will|does) (?:the )?(?:training|it take to train|fine)"),
    (
        "recommend_model",
        4,
        r"推荐|建议.*(?:模型|方法)|(?:用|选|选择|适合)(?:什么|哪个|哪种|哪一个|啥)(?:样的)?(?:基础|预训练)?(?:模型|方法)|(?:哪个|哪种|什么)(?:基础|预训练)?(?:模型|方法).*(?:合适|适合|好用|最合适)",
    ),
    ("recommend_model", 3, r"适合(?:用)?(?:什么|哪)|(?:模型|方法).*(?:怎么选|选哪)|还是全量"),
    # training
    (
        "finetune_model",
        4,
        rf"{_PLEASE}(?:start |begin |kick off |run |launch |do )?(?:a |another |the |some |full )*{_TRAIN}\b",
    ),
    (
        "finetune_model",
        2.5,
        rf"\b{_TRAIN}\b.*(?:FILE|BASE|MODEL|model|classifier|\bit\b|\bthis\b|\bthat\b|data|again|epochs?|lora|filter|tagger|\bon\b)",
    ),
    (
        "finetune_model",
        3,
        r"\b(?:build|make|create|get|need|want|like|produce)\b.*\b(?:classifier|model|filter|tagger|detector|sorter)\b(?! (?:live|available|public))",
    ),
    (
        "finetune_model",
        3,
        r"\b(?:sort|route|categori[sz]e|label|tag|triage|classify|predict|detect|learn)\w*\b.*\b(?:FILE|data is in|from (?:this|the) (?:data|file))",
    ),
    (
        "finetune_model",
        2.5,
        r"\b(?:epochs?|learning rate|\blr\b|batch size|dora|adalora|qlora)\b|\bwith lora\b",
    ),
    ("finetune_model", 2, r"FILE.*\b(?:sort|route|categori[sz]e|label|triage|automat)\w*"),
    (
        "finetune_model",
        4,
        r"微调|(?:开始|重新|再|继续|来|帮我|想|要|用.*|在.*上?)训练(?!得|完|好|到|的|进|任|期)|^训练(?!得|完|好|到|进|任|期)",
    ),
    ("finetune_model", 3, r"(?:做|建|搭|弄|搞|造|训|生成|创建)(?:一?个|出)?.*(?:分类器|模型|分类|过滤器)"),
    ("finetune_model", 2.5, r"(?:自动)(?:分类|归类|打标签|分拣|分派).*|学习率|轮|epoch"),
    ("finetune_model", 4, r"few[\s-]?shot|\b(?:keep|continue) train"),
    ("finetune_model", 3, r"\b(?:build|make|create|need|want|like)\b.*\bcl?as+if\w+"),
    ("finetune_model", 4, r"(?:训|练)(?:一?个|出).*(?:模型|分类)|(?:训|练)一下"),
    ("finetune_model", 2.5, r"\bepochs?\b.*\bagain\b|\bagain\b.*\bepochs?\b"),
    (
        "recommend_model",
        3,
        r"\bideas?\b.*\b(?:for|model|base)\b|(?:not sure|no idea|don'?t know) (?:what|which).*(?:use|train|base|model)",
    ),
    # following jobs
    (
        "list_jobs",
        4,
        r"\b(?:list|show|see|display|which|what|all|any|every|my|our)\b.*\b(?:jobs|trainings|(?:training |past |previous )?runs|queue)\b",
    ),
    (
        "list_jobs",
        3,
        r"\b(?:job|training|run) (?:history|list|overview)|what(?:'s| is| are)(?: currently| now)? running|anything running|in the queue",
    ),
    (
        "list_jobs",
        4,
        r"(?:列出|有哪些|有什么|所有|全部|哪些|查看所有).*(?:任务|作业)|任务列表|任务历史|有什么在跑|队列",
    ),
    (
        "show_job",
        4,
        r"\bhow(?:'s| is| are)\b.*\b(?:going|training|doing|coming along|progress\w*|job|JOB|run|fine-?tuning)\b|how far|progress\b|\bstatus\b|\beta\b",
    ),
    (
        "show_job",
        4,
        r"\b(?:done|finished|ready|complete[d]?|over|through) ?(?:yet|already|now)?\s*\?|(?:is|are|has|did|when)\b.*\b(?:done|finish\w*|ready|complete\w*|succeed\w*|fail\w*)\b",
    ),
    (
        "show_job",
        3,
        r"how (?:much longer|long (?:is )?(?:left|till|until|to go)|much time)|still (?:running|training)|any news|\bupdate\b.*(?:training|job|run)",
    ),
    (
        "show_job",
        3,
        r"\b(?:show|open|check|see|details?|logs?|status|about|why did|did|what about|what happened)\b.*JOB|^JOB[?!.]*$",
    ),
    (
        "show_job",
        3,
        r"why did .*\b(?:fail|crash|stop)|what happened (?:to|with) .*(?:training|job|run)|check (?:on )?the (?:run|training|job)",
    ),
    (
        "show_job",
        4,
        r"(?:训练|微调|任务|JOB|现在|它).*(?:怎么样了|怎样了|如何了|进度|进展|完成|完了|好了|结束|失败|到哪|状态|顺利)|^(?:进度|进展|状态)|还要多久|多久(?:能|才)|好了(?:吗|没)|完了(?:吗|没)|到哪一步|训练得",
    ),
    (
        "cancel_job",
        4,
        rf"\b(?:stop|cancel|abort|kill|halt|interrupt|terminate|end|quit|call off)\b.*(?:JOB|\bjobs?\b|\bruns?\b|{_TRAIN})",
    ),
    (
        "cancel_job",
        3,
        rf"{_PLEASE}(?:stop|cancel|abort|kill|halt|interrupt|terminate)(?: (?:it|that|this|now|please|right now|everything))*[.!]*$",
    ),
    ("cancel_job", 2, r"\b(?:don'?t|do not) (?:continue|go on)|changed my mind"),
    (
        "cancel_job",
        4,
        r"(?:停止|取消|终止|中止|停掉|停下|停了|别|不要再?|中断|结束|叫停).*(?:训练|微调|任务|JOB)|(?:训练|微调|任务|JOB).*(?:停|取消|终止|中止|中断)|^(?:停止|停下|停|取消)(?:吧|它)?$",
    ),
    (
        "show_job",
        3,
        r"how(?:'?s| is) (?:the|my|our|that) (?:run|job|training|model coming|fine-?tun)|^how(?:'?s| is) (?:it|that) (?:going|coming)",
    ),
    (
        "show_job",
        6,
        r"(?:还剩|还有|还要|剩下|剩余).*(?:多长|多久|时间|多少)|(?:训练|任务).*(?:多长时间|多久).*(?:结束|完成|好)",
    ),
    ("list_models", 4, r"what have (?:you|i|we|they) (?:already |ever )?(?:fine-?tuned|trained|built)"),
    ("show_job", 5, r"JOB.*(?:情况|怎么|咋样|状态)"),
    (
        "list_models",
        5,
        r"(?:几个|多少个?)模型|\b(?:have|got|there|any)\b.*\b(?:trained|fine-?tuned|deployed|own) models\b",
    ),
    (
        "finetune_model",
        3,
        r"\b(?:computer|machine|ai|system|software|something)\b.*\b(?:tell|recogni[sz]e|sort|spot|flag|detect|decide|guess|predict)\b",
    ),
    # models
    (
        "list_models",
        4,
        r"\b(?:list|show|see|display|give)\b(?: me)?(?: all| my| our| the| every)*(?: trained| fine-?tuned| deployed| available)* models\b(?!.*\b(?:side|compare))",
    ),
    (
        "list_models",
        4,
        r"\b(?:which|what) (?:of (?:my|our|the) )?(?:\w+ )?models\b(?! of).*\b(?:have|are|do|exist|there|deployed|live|trained)\b|\b(?:my|our|all|any) (?:trained |deployed )?models\s*\??$",
    ),
    (
        "list_models",
        3,
        r"(?:what(?:'s| is| do we have)?|which.*|everything.*|anything) (?:currently |now )?(?:is |are )?(?:deployed|live|in production)\b|model registry|what have (?:i|we) trained",
    ),
    (
        "list_models",
        4,
        r"(?:列出|有哪些|有什么|所有|全部|哪些|看看我).*模型(?!.*(?:好|适合|合适|推荐))|模型(?:列表|清单|都有)|什么模型(?:$|[?？])",
    ),
    (
        "evaluate_model",
        4,
        r"\b(?:evaluat\w+|accura\w+|f1|precision|recall|confusion|metrics?|validat\w+|auc|scores? of|error rate)\b",
    ),
    (
        "evaluate_model",
        4,
        r"how (?:good|well|reliable|precise|often)\b.*(?:MODEL|\bit\b|model|classifier|\bthat\b|one)|\bany good\b.*|is MODEL (?:any )?good",
    ),
    (
        "evaluate_model",
        4,
        r"\b(?:test|measure|check|score|assess|try|run)\b.*(?:MODEL|\bit\b|model|classifier|one)\b.*\b(?:on|with|against|using)\b.*FILE",
    ),
    (
        "evaluate_model",
        2,
        r"\b(?:wrong|mistakes?|errors?|mix up|confuse)\b.*(?:MODEL|it|model|classes|labels)?",
    ),
    (
        "evaluate_model",
        4,
        r"评估|评测|准确率|精确率|召回|混淆矩阵|指标|f1|(?:模型|MODEL|它).*(?:多准|准不准|准吗|效果|表现)|(?:测试|测一?测|验证|测一下).*(?:MODEL|模型|它).*FILE|FILE.*(?:测试|测一?测|验证|测一下)",
    ),
    (
        "compare_models",
        5,
        r"\bcompar\w+|MODEL (?:vs\.?|versus|or|against) MODEL|\bvs\b|side by side|difference between|stack up|\bMODEL\b.*\b(?:better|worse|beat\w*|outperform\w*)\b.*\bMODEL\b|better.*MODEL.*MODEL",
    ),
    (
        "compare_models",
        4,
        r"which (?:one |model |of (?:my|our|the|them|these|those)(?: \w+)? )?(?:(?:model )?(?:is|are|performs?|does|works?|scores?) )?(?:the )?(?:better|best|more accurate|stronger)\b(?! (?:base|for|to|suit))",
    ),
    (
        "compare_models",
        5,
        r"比较|对比|相比|哪个(?:模型)?(?:更|最)?(?:好|准|强|优)|MODEL (?:和|与|跟|还是) MODEL|哪个(?:更|最)",
    ),
    (
        "deploy_model",
        5,
        r"(?<!un)(?<!un-)\bdeploy\b|\bship it\b|\bgo(?:es)? live\b|(?:make|put|bring|take|set)\b.*\b(?:live|into production|in production|into service|in service|online|available)\b",
    ),
    (
        "deploy_model",
        4,
        r"\b(?:serve|publish|release|launch|roll out|host|productioni[sz]e|expose)\b.*(?:MODEL|\bit\b|model|one)|use (?:MODEL|it|the model) (?:from|in|over|via) (?:my|our|the) (?:app|api|website|backend|product)",
    ),
    ("deploy_model", 5, r"(?<!取消)(?<!停止)部署|上线(?!了)|发布|投入(?:使用|生产)|放到生产|启用"),
    (
        "undeploy_model",
        7,
        r"\bun-?deploy|\b(?:take|bring|pull|shut|turn|get|put)\b.*\b(?:down|offline|out of (?:service|production)|from (?:service|production)|off)\b|\bun-?publish|\bretire\b|\bdecommission",
    ),
    (
        "undeploy_model",
        6,
        r"\b(?:stop|disable|end|cease|quit)\b.*\b(?:serving|serv(?:e|ice)|MODEL|deployment|api)\b|no longer (?:answer|serve|be served|live)|remove (?:MODEL|it|the model) from (?:production|service|the api)|roll ?back the deploy",
    ),
    ("undeploy_model", 8, r"(?<!上)下线|撤下|停用|取消部署|停止(?:部署|服务)|不再(?:提供)?服务|下架"),
    (
        "benchmark_model",
        5,
        r"\bbenchmark|how (?:fast|quick|slow|snappy|many requests)|latenc|throughput|\b(?:load|stress|speed|performance)[\s-]?test|requests? (?:per|a|/) ?s(?:ec)?|\bp9[59]\b|\brps\b|is it slow|how long does (?:one|a|each) (?:prediction|answer|request|call)|response times?\b",
    ),
    ("benchmark_model", 5, r"多快|速度|压测|压力测试|每秒|延迟|吞吐|性能测试|响应时间|快不快|跑分|基准测试"),
    (
        "evaluate_model",
        4,
        r"how (?:many|often|much)\b.*(?:MODEL|model|classifier|\bit\b)\b.*\b(?:right|wrong|correct\w*|mistakes?|errors?|fail\w*)",
    ),
    (
        "compare_models",
        6,
        r"(?:which|what) (?:model|one) is (?:our|my|the) (?:best|strongest|most accurate)|which of (?:our|my|the|these|those|them)\b.*\bbest\b|best of (?:our|my|the) models",
    ),
    ("deploy_model", 6, r"对外(?:提供)?(?:服务|开放)|(?<!再)(?<!停止)提供(?:在线)?(?:服务|接口)"),
    ("undeploy_model", 6, r"\b(?:switch|turn|shut)(?:ed)? (?:it |MODEL )?off\b"),
    ("undeploy_model", 7, r"MODEL.*(?:停掉|停了|关掉|关闭|停止)|(?:停掉|关掉|关闭).*MODEL|不(?:要)?再.*服务"),
    ("benchmark_model", 4, r"(?:一|每)(?:秒|分钟).*(?:多少|几)"),
    ("deploy_model", 5, r"\blet \w+(?: \w+)? use (?:MODEL|it)|open (?:up )?(?:MODEL|it) (?:up )?(?:to|for)"),
    # using models
    (
        "predict",
        4,
        r"\b(?:try|classify|predict|categori[sz]e|test|run|apply|use|feed|give|check)\b.*TEXT|TEXT.*\b(?:with|on|through|into|to) MODEL|MODEL\b.*TEXT|what (?:would|does|will|label|category|class)\b.*TEXT|(?:label|category|class) (?:is|for|of|would|does|do)\b.*",
    ),
    (
        "predict",
        3,
        r"^(?:and |now |what about |how about |ok |and what about |then )*(?:with |for |on )?TEXT[?.!]*$",
    ),
    (
        "predict",
        3,
        rf"{_PLEASE}(?:predict|classify|categori[sz]e)\b(?!.*FILE)|\b(?:try|test|run|use) (?:it|MODEL|the model|this|that) (?:on|with|out on|for|against)\b(?!.*FILE)|\btry (?:it|MODEL|the model)(?: out)?[.!]*$",
    ),
    (
        "predict",
        3,
        r"what (?:would|does|will|do) (?:MODEL|it|the model|our model|they) (?:say|think|predict|make|answer|give)",
    ),
    (
        "predict",
        4,
        r"(?:预测|分类一下|判断|试试|试一下|试一试|测试|归类|分类|看看).*TEXT|TEXT.*(?:属于|是什么|哪一?类|什么类|分类|预测|归类|呢|归到|怎么分)|(?:预测|分类)一下|(?:属于|归).*(?:哪|什么)一?类|用 MODEL.*(?:预测|判断|分类|看)",
    ),
    (
        "explain_prediction",
        5,
        r"^(?:and |but |ok |hm+ ?|so )*(?:why|how come|how so|why so|what for|reason)\b(?: (?:that|this|so|is that|is this|though|not))*[?!. ]*$",
    ),
    (
        "explain_prediction",
        5,
        r"\bexplain\b(?!.*(?:policy|refund polic|pricing|what you|contract))|\bwhy\b.*\b(?:label|predict\w*|classif\w*|say|said|think|thinks|thought|choose|chose|decide\w*|pick\w*|that (?:result|answer|category|one)|MODEL|TEXT|it)\b|which words|what words|heat ?map|attribution|what (?:made|drove|makes)|on what (?:basis|grounds)|how did (?:it|MODEL|the model) (?:come|get|arrive|decide|reach)|reason(?:s)? (?:for|behind)",
    ),
    (
        "explain_prediction",
        5,
        r"^(?:那)?(?:为什么|为啥|为何|怎么会|依据|理由|原因)(?:呢|啊|这样|会这样|是这样|是这个|这么(?:判断|说|分))?[?？!！。]*$|为(?:什么|啥|何).*(?:判断|标签|分到|分成|预测|认为|觉得|这个结果|归|MODEL|TEXT)|解释|哪些(?:词|字)|热力图|依据是|怎么(?:得出|判断)",
    ),
    (
        "explain_prediction",
        4,
        r"^(?:please |pls |can you |could you )*explain (?:why|how|what)|\bwhy (?:does|did|do|would|is|was)\b.*(?:MODEL|TEXT)|^why\b.*TEXT",
    ),
    (
        "explain_prediction",
        3,
        r"speaks? (?:for|against) (?:that|it|this)|how do you know|what(?:'s| is) (?:that|it|this) based on|justify",
    ),
    ("predict", 4, r"TEXT.*(?:会)?(?:判成|判为|分成|分到|归成|怎么判|怎么看|判断)"),
    ("explain_prediction", 6, r"^凭(?:什么|啥)"),
    # knowledge
    (
        "add_knowledge",
        6,
        rf"\b(?:add|import|ingest|index|put|load|upload|include|save|store|insert|feed|append|take|read|learn|use|connect|sync|crawl|pull)\b.*(?:FILE|URL|this|that|it|document|page|site|handbook|manual|pdf|article|\bfaq\b|policy|guide)\b.*\b(?:to|into|in|from|as|for|so)\b.*{_KB}",
    ),
    (
        "add_knowledge",
        5,
        r"\b(?:add|import|ingest|index|learn|read|memori[sz]e|remember|crawl|study|absorb)\b.*(?:URL|FILE\b(?!.*\b(?:predict|column|label|model|classif)))|make FILE searchable|\b(?:add|ingest|index|import) (?:this|that|the|our|it|my)\b",
    ),
    (
        "add_knowledge",
        6,
        r"(?:加入|加到|添加|导入|收录|录入|放进|放入|放到|存入|存进|上传到|补充到|学习|读一?下|加进|写入).*(?:知识|URL|FILE|文档|资料|手册|网页)|(?:知识|URL|FILE|文档|资料|手册|网页).*(?:加入|加到|添加|导入|收录|录入|放进|放入|存入|加进|加上|学习|当作知识|作为知识)",
    ),
    (
        "remove_knowledge",
        9,
        rf"\b(?:remove|delete|drop|erase|purge|discard|take|throw|get rid|kick|clear|pull)\b.*\b(?:from|out of|in|off)\b.*{_KB}|\b(?:forget|unlearn)\b.*(?:FILE|URL|about|document|page|handbook|guide|article|policy)|stop using (?:FILE|URL|the|that).*",
    ),
    (
        "remove_knowledge",
        6,
        r"\b(?:remove|delete|drop|erase|purge|get rid of)\b.*(?:FILE|URL|document|page|article|handbook|\bsource\b|guide)",
    ),
    (
        "remove_knowledge",
        9,
        r"(?:删除|删掉|删了|移除|去掉|清除|移出|忘掉|拿掉|剔除|撤掉).*(?:知识|URL|FILE|文档|资料|来源|手册|网页)|(?:知识|URL|FILE|文档|资料|来源|手册|网页).*(?:删除|删掉|删了|移除|去掉|清除|移出|忘掉|拿掉|剔除|撤掉)|不要再?用.*(?:回答|FILE)",
    ),
    (
        "redact_text",
        6,
        r"\b(?:redact|anonymi[sz]e|anonymi[sz]ation|pseudonymi[sz]e|mask|censor|de-?identif\w+|scrub|black ?out|sanitize|sanitise)\b(?!ed[- ]lm)",
    ),
    (
        "redact_text",
        5,
        r"\b(?:remove|hide|strip|take out|clean|delete|blank|cover|conceal|get rid of)\b.*\b(?:personal|private|sensitive|pii|names?|e-?mails?|phone|numbers?|identit\w+|addresses?|details)\b|what (?:personal|private|sensitive) (?:data|information|details)\b.*(?:TEXT|:)|safe to share",
    ),
    (
        "redact_text",
        6,
        r"脱敏|打码|匿名|隐去|遮盖|遮住|抹去|屏蔽|去(?:掉|除).*(?:姓名|电话|邮箱|个人信息|隐私|敏感)|隐藏.*(?:信息|姓名|电话|邮箱)|(?:敏感|个人|隐私)信息.*(?:去掉|处理|隐藏|删)",
    ),
    (
        "search_knowledge",
        6,
        r"\b(?:search|look ?up|find|check|according to|consult)\b.*(?:docs\b|documentation|documents|knowledge|help[\s-]?cent|faq|handbook|wiki|manual|policy)|what (?:do|does) (?:the|our|your) (?:docs|documents|documentation|handbook|faq|manual|contract|policy|help)|\b(?:policy|policies)\b",
    ),
    (
        "search_knowledge",
        3,
        r"\b(?:refund|return|ship|shipping|deliver\w*|warranty|invoice|billing|subscription|pric(?:e|es|ing)|cost|costs|password|account|discount|opening hours|payment|paypal|gift cards?|office|vacation|holiday|support|customer service|contract|cancel my (?:subscription|order|plan|account))\b(?!.*(?:MODEL|FILE|classifier))",
    ),
    (
        "search_knowledge",
        2,
        r"^(?:what|when|where|who|how|can|could|may|do|does|is|are|will|am|should|which)\b(?!.*(?:MODEL|FILE|JOB|TEXT|BASE|\bit\b))(?!.*\b(?:you do|are you|can you|your name))",
    ),
    (
        "search_knowledge",
        5,
        r"(?:查|搜|搜索|查询|查找|找).*(?:文档|知识库|手册|资料|政策|条款)|政策|(?:退款|退货|退换|运费|送货|发货|配送|保修|发票|密码|套餐|价格|多少钱|客服|营业|付款|支付|订阅|会员|优惠|礼品卡|账号|账户|隐私条款|培训期|年假|报销|合同)(?!.*(?:MODEL|FILE|分类器|模型))",
    ),
    (
        "search_knowledge",
        2,
        r"(?:吗|什么|怎么|多少|多久|多长|哪里|几点|如何|谁|能不能|可不可以|是否|几天)(?!.*(?:MODEL|FILE|模型|训练|任务))",
    ),
    (
        "search_knowledge",
        3,
        r"what (?:should|can|do|must) i do\b|\bmy (?:order|parcel|package|account|card|delivery|subscription|invoice|payment|item)\b(?!.*(?:TEXT|MODEL))",
    ),
    (
        "search_knowledge",
        5,
        r"\bmodels? of\b(?! (?:ours|mine))|(?:do|are|can) (?:you|we) (?:sell|offer|stock|ship|accept|support|provide)|you (?:sell|offer|stock|accept)",
    ),
    (
        "add_knowledge",
        6,
        r"(?:收进|收到|纳入|并入|塞进|加进).*(?:知识|文档)|(?:URL|FILE).*(?:收进|纳入|并入)",
    ),
    ("search_knowledge", 7, r"(?:文档|知识库|手册|资料)(?:里|中|库)?.*(?:查|搜|找)"),
    ("none", 6, r"点(?:个|份|一份|一个)?(?:外卖|餐|咖啡|奶茶)"),
    # small talk and what no tool does
    (
        "none",
        5,
        r"\b(?:order|buy|get|bring|make|cook) (?:me |us )?(?:a |an |some )?(?:coffee|lunch|breakfast|drink|beer|food|taxi|cab|uber|tickets? to)\b|who (?:built|made|created|programmed|wrote) you",
    ),
    (
        "none",
        7,
        r"^(?:hi+|hey+|hello|hallo|yo|howdy|greetings|good (?:morning|afternoon|evening|day|night)|morning|evening)\b(?: (?:there|again|all|everyone|team|assistant|bot|good (?:morning|afternoon|evening|day)|to you))*[\s,.!?:)]*(?:good (?:morning|afternoon|evening|day))?[\s.!?:)]*$",
    ),
    (
        "none",
        7,
        r"^(?:ok(?:ay)?[, ]+|great[, ]+|perfect[, ]+|cool[, ]+|nice[, ]+|no[, ]+|wonderful[, ]+|got it[, ]+|alright[, ]+)*(?:thanks?|thank you|thx|ty|cheers|much appreciated|many thanks)\b(?!.*\b(?:now|please|then|next|can you|could you|but)\b.{6})[^?]*$",
    ),
    (
        "none",
        6,
        r"^(?:bye|goodbye|see (?:you|ya)|cya|farewell|that'?s (?:all|it)|have a (?:nice|good|great)|take care|good night|talk (?:to you )?(?:later|soon))\b.*",
    ),
    (
        "none",
        6,
        r"^(?:(?:ok(?:ay)?|cool|nice|great|awesome|perfect|wow|lol|haha+|well done|good job|nice work|sweet|got it|i see|alright|sorry|never ?mind|no worries|hmm+|amazing|excellent|wonderful|understood|fine|sure|yes|no|yep|nope|yeah)[\s,.!:)]*)+$",
    ),
    (
        "none",
        6,
        r"^(?:so |and |hey |hi )*(?:who|what) are you\b|what can (?:you|i) (?:do|ask)|what do you do\b|your name|are you (?:a |an |real|human|ai)|how are you|how'?s it going(?: today| mate)?\??$|^help(?: me)?[!?.]*$|how do you work|you(?:'re| are) (?:great|awesome|amazing|the best|funny|cool|smart|so|very|useless|stupid)",
    ),
    (
        "none",
        6,
        r"\b(?:joke|poem|flights?|hotel|restaurant|pizza|weather|recipe|lottery|horoscope|song|movie|football|stock price|taxi|haircut|dinner)\b(?!.*(?:FILE|policy|MODEL))",
    ),
    (
        "none",
        7,
        r"^(?:你好|您好|嗨|哈[啰喽]|早上好|早安|早|下午好|晚上好|晚安|在吗|大家好)[\s呀啊吗，,。.!！?？~]*(?:早上好|下午好|晚上好)?[!！。~]*$",
    ),
    (
        "none",
        7,
        r"^(?:好的|好|嗯|太好了|太棒了|行|可以|非常|真的?|多|万分|那就)?[,，!！ ]*(?:谢谢|感谢|多谢|谢了|辛苦|麻烦你了)[^?？]*$|^(?:再见|拜拜|回见|下次见|没事了|不用了|就这样|明天见)",
    ),
    (
        "none",
        6,
        r"^(?:好的?|嗯+|行|不错|太好了|太棒了|很好|厉害|真棒|哈哈+|收到|明白了?|知道了|ok|可以|真快|抱歉|对不起|是的?|不是?|没有)[\s啊呀吧哦了，,。.!！~]*$",
    ),
    (
        "none",
        6,
        r"你是谁|你叫什么|你(?:能|会|可以)(?:做|干|帮我做)?(?:些)?(?:什么|啥)|(?:你)?(?:有)?什么(?:功能|本领)|你是(?:机器人|人|ai)|你好吗|讲个?笑话|(?:订|买)(?:机票|酒店|票|外卖|餐)|天气|写(?:一)?(?:首|个)(?:诗|歌|故事)|放(?:首|点)?(?:歌|音乐)|唱",
    ),
]

_compiled: list[tuple[str, float, re.Pattern[str]]] = []


def rule_scores(masked: str) -> dict[str, float]:
    """Points for each tool (``none`` for no tool) by the rules that match a masked message."""
    if not _compiled:
        _compiled.extend((tool, weight, _compile(pattern)) for tool, weight, pattern in RULES)
    lowered = lower(masked)
    scores: dict[str, float] = {}
    for tool, weight, pattern in _compiled:
        if pattern.search(lowered):
            scores[tool] = scores.get(tool, 0.0) + weight
    return scores


def lower(masked: str) -> str:
    """Lower case, but for the masks; curly apostrophes straightened."""
    kept = re.split(r"\b(FILE|MODEL|JOB|URL|BASE|TEXT)\b", masked.replace("’", "'"))
    return "".join(part if at % 2 else part.lower() for at, part in enumerate(kept))


def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
