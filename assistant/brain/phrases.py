"""Example phrases for every choice of the embedded brain: one a line, names masked as ``mentions`` masks them.

``none`` is small talk and what no tool can do. Chinese phrases stand beside the English ones; a line's characters tell
the two apart.
"""

PHRASES: dict[str, str] = {
    "inspect_dataset": """
        what is in this file?
        what's in FILE
        have a look at FILE
        describe FILE
        inspect the dataset
        how many rows does it have
        what columns are in FILE
        show me the label distribution
        are there duplicates in FILE?
        is there personal data in this file
        check the quality of my data
        i uploaded a csv, tell me about it
        summarize the data
        profile FILE
        analyse this spreadsheet
        is this data any good for training?
        what have we got in FILE
        can you read FILE
        here is our export
        how many classes are in the file
        is the data balanced
        give me an overview of FILE
        take a peek at the attached table
        which labels appear in FILE
        这个文件里有什么
        看看 FILE
        帮我看看 FILE 里都有什么
        检查一下数据
        数据集有多少行
        FILE 有哪些列
        分析一下这个表格
        数据里有重复吗
        有没有个人信息
        标签分布怎么样
        介绍一下这份数据
        数据质量怎么样
    """,
    "recommend_model": """
        which model should I use?
        recommend a model for FILE
        what's the best base model for this task
        what model fits this data
        suggest a model for text classification
        what would you train for this
        which base model and method do you advise
        what is the right approach for FILE
        lora or full fine-tuning, what do you recommend?
        which architecture suits tagging names
        how long would training take on this machine
        what should i fine-tune for sentiment analysis
        what are my options for a model
        is BASE a good choice for this
        advise me on a model for customer emails
        which model is best for classifying FILE
        what would work best for FILE
        推荐一个模型
        用什么模型好
        哪个基础模型适合这个任务
        这个数据适合用什么模型
        做文本分类该选什么模型
        有什么建议的模型
        应该用 lora 还是全量微调
        训练大概要多久
        选哪个模型比较合适
    """,
    "finetune_model": """
        fine-tune a classifier on it
        train a model on FILE
        finetune BASE on FILE
        train BASE on FILE with lora for 3 epochs
        teach a model to sort these tickets
        build me a classifier from FILE
        start the training
        start training with FILE
        make a model that tags our emails by topic
        i want a spam filter trained on FILE
        kick off a fine-tuning run with learning rate 2e-5
        can something sort our mails automatically? the data is in FILE
        we keep getting angry mails, can something sort them? data is in FILE
        learn to predict the category column from FILE
        run another training with 5 epochs
        retrain MODEL on FILE
        train it again with lora
        use FILE to create a model called my-model
        continue training MODEL with FILE
        let's train
        create a model from this data
        adapt BASE to FILE
        fit a classifier to the data
        do a full fine-tune
        train on the priority column instead
        use the subject column as the text
        can you automate labelling of new tickets with FILE
        微调一个分类器
        用 FILE 训练一个模型
        在 FILE 上微调 BASE
        用它训练
        开始训练
        帮我训练一个分类模型
        训练三轮 学习率 2e-5
        用 lora 微调
        用这个数据做一个自动分类的模型
        重新训练 MODEL
        想做一个能自动分类工单的模型 数据在 FILE
        再训练一次 用 5 个 epoch
    """,
    "list_jobs": """
        list my jobs
        show all jobs
        what jobs are there
        which trainings are running
        what is running right now
        show the queue
        what have we trained so far, list the runs
        job history
        anything in the queue?
        all training runs please
        list the training jobs
        列出所有任务
        有哪些任务
        任务列表
        现在有什么在跑
        看看所有训练任务
        队列里有什么
    """,
    "show_job": """
        how is it going?
        how is the training going
        status of JOB
        is it done yet?
        is the training finished
        how far along is JOB
        how much longer will it take
        show JOB
        what's the progress
        any news on the training?
        when will it be ready
        did JOB succeed
        why did JOB fail
        did the training work
        how long is left
        what's the loss now
        eta?
        is my model ready
        check on the run
        训练得怎么样了
        进度如何
        JOB 怎么样了
        好了吗
        训练完了吗
        还要多久
        任务状态
        JOB 为什么失败了
        现在到哪一步了
        训练进展
    """,
    "cancel_job": """
        stop the training
        cancel JOB
        cancel it
        abort the job
        kill JOB
        stop it please
        halt the run
        please interrupt the fine-tuning
        i changed my mind, stop training
        call off the training
        terminate the job
        don't continue the training
        停止训练
        取消 JOB
        取消任务
        终止训练
        别训练了
        把训练停掉
        中止任务
    """,
    "list_models": """
        list my models
        which models do we have
        show me all models
        what models are there
        what is deployed right now
        what have I trained so far
        which of our models are live
        show the model registry
        do we have any models?
        my models
        list everything that is deployed
        列出所有模型
        有哪些模型
        我们有什么模型
        模型列表
        哪些模型已经上线
        看看我训练过的模型
    """,
    "evaluate_model": """
        evaluate MODEL
        how good is MODEL
        what's the accuracy of MODEL
        how accurate is it
        test MODEL on FILE
        evaluate it on FILE
        measure MODEL against FILE
        show me the metrics
        what is its f1 score
        show the confusion matrix
        how well does the model perform
        precision and recall of MODEL
        score MODEL with the test set FILE
        run the evaluation
        which classes does it get wrong
        is MODEL any good
        how often is MODEL wrong
        validate MODEL with FILE
        评估 MODEL
        MODEL 的准确率是多少
        模型效果怎么样
        用 FILE 测试 MODEL
        看看混淆矩阵
        f1 是多少
        模型有多准
        评测一下
        在 FILE 上评估
    """,
    "compare_models": """
        compare MODEL and MODEL
        is MODEL or MODEL the better one
        which is better, MODEL or MODEL
        compare my models
        which of my models is the best
        MODEL vs MODEL
        put the two models side by side
        what's the difference between MODEL and MODEL
        how does MODEL stack up against MODEL
        which one performs best
        does MODEL beat MODEL
        比较 MODEL 和 MODEL
        MODEL 和 MODEL 哪个好
        哪个模型更好
        对比一下两个模型
        哪个模型最好
        把它们对比一下
    """,
    "deploy_model": """
        deploy it
        deploy MODEL
        put MODEL into production
        make MODEL live
        ship it
        serve MODEL
        publish MODEL behind the api
        go live with MODEL
        i want to use MODEL from my app
        roll out MODEL
        release the model
        put the new one in service
        make it available over the api
        launch MODEL
        部署 MODEL
        把 MODEL 上线
        发布模型
        上线吧
        部署它
        把它放到生产环境
        启用 MODEL 的接口
    """,
    "undeploy_model": """
        undeploy MODEL
        take MODEL down
        take it offline
        stop serving MODEL
        remove MODEL from production
        pull MODEL from service
        shut MODEL off
        retire MODEL
        roll back the deployment of MODEL
        MODEL should no longer answer
        disable MODEL
        unpublish the model
        下线 MODEL
        把 MODEL 下线
        撤下模型
        停用 MODEL
        取消部署 MODEL
        停止服务
        把它撤下来
    """,
    "benchmark_model": """
        benchmark MODEL
        how fast is MODEL
        how many requests per second can it handle
        measure the latency
        what throughput does MODEL reach
        run a load test on MODEL
        speed test
        how quick are the answers of MODEL
        p95 latency of MODEL
        can MODEL cope with a hundred requests a second
        stress test it
        is it slow
        how long does one prediction take
        MODEL 有多快
        测一下速度
        压测 MODEL
        每秒能处理多少请求
        延迟是多少
        性能测试
        吞吐量怎么样
    """,
    "predict": """
        try it on TEXT
        what would MODEL say to TEXT
        classify TEXT
        run MODEL on TEXT
        predict the label for TEXT
        which category is TEXT
        test MODEL with TEXT
        what label does TEXT get
        how would it classify TEXT
        use MODEL for TEXT
        TEXT: what category?
        feed TEXT to MODEL
        what about TEXT
        and TEXT?
        now with TEXT
        give MODEL this: TEXT
        is TEXT a complaint according to MODEL
        let's see what it does with TEXT
        用 MODEL 预测 TEXT
        TEXT 属于哪一类
        试试 TEXT
        把 TEXT 分类
        MODEL 对 TEXT 怎么判断
        测试一句 TEXT
        那 TEXT 呢
        对 TEXT 做预测
    """,
    "explain_prediction": """
        why?
        how come?
        explain that
        why did it say that
        explain the prediction
        what made it choose that label
        which words mattered
        why does MODEL think TEXT is a refund
        explain TEXT with MODEL
        show me a heat map
        what drove the decision
        on what basis
        show the attribution of each word
        how did it come to that result
        what is the reason for this label
        why that label
        为什么
        为什么这么判断
        解释一下
        哪些词起了作用
        解释 MODEL 对 TEXT 的预测
        依据是什么
        怎么得出来的
        为什么是这个标签
    """,
    "search_knowledge": """
        what is your refund policy?
        do you deliver to other countries?
        how long is the training period for new staff?
        how do I reset my password
        what does the business plan cost
        when is support open
        can I cancel my subscription any time
        where is your office
        who do I contact about an invoice
        how many vacation days do employees get
        which payment methods do you accept
        is there a warranty
        what is our returns process
        search the docs for api limits
        what do our documents say about privacy
        find the section on shipping in the handbook
        does the model T400 come with a charger
        which models of the printer support wifi
        how do I train my team to use the product
        what does the contract say about notice periods
        how much is express delivery
        is there a student discount
        what happens to my data when I close the account
        how long are gift cards valid
        can customers change their address
        what is the dress code
        how do we onboard new customers
        can I pay with paypal
        my order hasn't arrived, what can I do
        what's the deadline for expense reports
        do you have a train ticket allowance
        are there group rates
        退款政策是什么
        你们送货到其他国家吗
        怎么重置密码
        客服几点上班
        套餐多少钱
        保修期多长
        怎么取消订阅
        在文档里查一下隐私条款
        新员工培训期多久
        发票怎么开
        礼品卡有效期多久
        可以用支付宝付款吗
        运费是多少
    """,
    "add_knowledge": """
        add FILE to the knowledge base
        add URL to the knowledge base
        learn from this document
        index FILE
        import our handbook FILE
        put FILE into the help centre
        here is our FAQ, please use it for answers
        remember the contents of FILE
        take URL into the docs
        use FILE as a source for answers
        ingest URL
        upload FILE to the knowledge base
        read URL so you can answer questions about it
        make FILE searchable
        feed FILE into your knowledge
        store this manual for later questions
        把 FILE 加入知识库
        添加 URL 到知识库
        导入这份文档
        把这个文件收录进来
        学习一下 URL 的内容
        将 FILE 作为知识来源
        知识库里加上 FILE
    """,
    "remove_knowledge": """
        remove FILE from the knowledge base
        delete FILE from the docs
        forget FILE
        drop the old pricing page from the knowledge base
        take URL out of the knowledge base
        stop using FILE for answers
        purge FILE from the index
        FILE is outdated, get rid of it
        unlearn FILE
        delete the source FILE
        从知识库删除 FILE
        把 FILE 从知识库移除
        删掉 FILE 这个来源
        忘掉 FILE
        不要再用 FILE 回答
        知识库里去掉 URL
    """,
    "redact_text": """
        mask this please: TEXT
        redact TEXT
        anonymize this text: TEXT
        remove personal data from TEXT
        hide the names in TEXT
        clean this of personal information: TEXT
        black out the phone number in TEXT
        anonymise TEXT
        strip the emails out of this message: TEXT
        censor TEXT
        take the private details out of this
        make this text safe to share: TEXT
        what personal data is in TEXT
        脱敏 TEXT
        把这段话打码 TEXT
        隐去 TEXT 里的个人信息
        匿名化这段文字
        去掉姓名和电话 TEXT
        帮我遮盖敏感信息
    """,
    "none": """
        hi
        hello there
        hey, good morning
        good evening
        thanks!
        thank you so much
        thx
        great, that's all
        bye
        see you later
        how are you?
        who are you
        what can you do?
        help
        what are you good at
        nice
        cool
        ok
        you are awesome
        well done
        perfect
        lol
        never mind
        sorry
        tell me a joke
        book me a flight to Paris
        write a poem about spring
        what's the weather like
        order a pizza
        play some music
        i am tired today
        have a nice weekend
        are you a robot
        send an email to my boss
        wait a moment
        i'll be back later
        that was quick
        good job
        你好
        您好
        早上好
        谢谢
        多谢
        再见
        你是谁
        你能做什么
        你会什么
        太好了
        好的
        辛苦了
        哈哈
        讲个笑话
        帮我订机票
        今天天气怎么样
        写一首诗
        不错
        没事了
        晚安
    """,
}


def examples() -> list[tuple[str, str]]:
    """All phrases as ``(tool or "none", phrase)``."""
    return [
        (tool, line.strip()) for tool, block in PHRASES.items() for line in block.splitlines() if line.strip()
    ]
