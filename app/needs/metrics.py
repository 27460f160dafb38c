"""Which figures to ask for, by scenario: what an owner can know without a measuring instrument. Composed: 中心规则. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure worth having: its name, its unit and an example."""

    name: str
    unit: str
    example: str


ANY = (
    Metric("这件事一个月发生几次", "次/月", "9"),
    Metric("一次耽误多久", "小时", "4"),
    Metric("一个月因此多花多少", "元/月", "8000"),
)
_BY_SCENARIO: dict[str, tuple[Metric, ...]] = {
    "S01": (
        Metric("一年因图纸或设计出错返工几次", "次/年", "12"),
        Metric("一个新产品从设计到样件多少天", "天", "45"),
        Metric("一年因设计出错报废多少钱", "万元/年", "6"),
    ),
    "S02": (
        Metric("编一个零件的工艺要多久", "小时", "6"),
        Metric("一个月因工艺问题返工几次", "次/月", "8"),
        Metric("新手多久能独立上岗", "天", "90"),
    ),
    "S03": (
        Metric("一张报价单要几天", "天", "3"),
        Metric("一个月丢掉几张询价单", "张/月", "5"),
        Metric("老客户占订单的比例", "%", "80"),
    ),
    "S04": (
        Metric("一个月有几次售后", "次/月", "20"),
        Metric("从报修到修好要几天", "天", "4"),
        Metric("一年售后花多少钱", "万元/年", "15"),
    ),
    "S05": (
        Metric("按时交货的比例", "%", "78"),
        Metric("一天改几次计划", "次/天", "4"),
        Metric("排一次计划要几小时", "小时", "6"),
    ),
    "S06": (
        Metric("在制品堆多少", "件", "1200"),
        Metric("一天因等料等人停几小时", "小时/天", "3"),
        Metric("查一张单的进度要多久", "分钟", "40"),
    ),
    "S07": (
        Metric("不良率", "%", "3.5"),
        Metric("一个月客诉几次", "次/月", "4"),
        Metric("查一批货的来历要多久", "小时", "5"),
    ),
    "S08": (
        Metric("上个月意外停机几次", "次/月", "9"),
        Metric("一次停多久才有人发现", "分钟", "60"),
        Metric("修一次平均多久", "小时", "4"),
    ),
    "S09": (
        Metric("一个月查出几处隐患", "处/月", "20"),
        Metric("一处隐患多久才改完", "天", "15"),
        Metric("一年安全事故或险情几次", "次/年", "2"),
    ),
    "S10": (
        Metric("一个月电费多少", "万元/月", "26"),
        Metric("一吨（件）产品用多少电", "度", "480"),
        Metric("有分表的设备占多少", "%", "10"),
    ),
    "S11": (
        Metric("到料准时的比例", "%", "70"),
        Metric("一天打几个催料电话", "个/天", "30"),
        Metric("一个月因缺料停几小时", "小时/月", "12"),
    ),
    "S12": (
        Metric("账面和实物对得上的比例", "%", "85"),
        Metric("找一件料要多久", "分钟", "20"),
        Metric("呆料压了多少钱", "万元", "40"),
    ),
    "S13": (
        Metric("月底几号能出账", "号", "18"),
        Metric("算一个产品的成本要几天", "天", "5"),
        Metric("一个月手工录几张票", "张/月", "500"),
    ),
    "S14": (
        Metric("算一次工资要几天", "天", "8"),
        Metric("一年走多少人", "人/年", "25"),
        Metric("一个月算错几次", "次/月", "6"),
    ),
    "S15": (
        Metric("一张单子审批要几天", "天", "4"),
        Metric("会上定的事按时做完的比例", "%", "40"),
        Metric("找一份资料要多久", "分钟", "30"),
    ),
    "S16": (
        Metric("老板几天能看到一次数", "天", "30"),
        Metric("一份报表要几个人做几天", "天", "3"),
        Metric("几套系统的数对不上", "套", "3"),
    ),
}


def metrics_for(scenario: str | None) -> tuple[Metric, ...]:
    """Return three figures worth asking for in the scenario, general ones without a scenario."""
    return _BY_SCENARIO.get(scenario or "", ANY)
