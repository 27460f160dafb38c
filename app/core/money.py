"""Money is integer fen inside; people read and write 万元 (1 万元 = 1,000,000 fen)."""

from decimal import Decimal, InvalidOperation

FEN_PER_WAN = 1_000_000
MAX_FEN = 10**15  # ten billion yuan: far above any project, safe in a JSON number


def wan_to_fen(value: Decimal | str | int) -> int:
    """Return fen for an amount in 万元, exact to the fen.

    Raises:
        ValueError: not a number, negative, finer than a fen, or beyond `MAX_FEN`.

    """
    try:
        amount = Decimal(str(value).strip().replace(",", "").replace("，", ""))
    except InvalidOperation as error:
        raise ValueError("请填数字，例如 3.5") from error
    if not amount.is_finite():
        raise ValueError("请填数字，例如 3.5")
    if amount < 0:
        raise ValueError("金额不能为负")
    if amount > MAX_FEN // FEN_PER_WAN:  # before multiplying, which overflows on 1e999999
        raise ValueError("金额过大，请检查单位是不是万元")
    fen = amount * FEN_PER_WAN
    if fen != fen.to_integral_value():
        raise ValueError("金额最小到分（0.000001 万元）")
    return int(fen)


def fen_to_wan(fen: int) -> str:
    """Return the shortest exact 万元 figure: `3.5` for 3,500,000 fen."""
    text = f"{Decimal(fen) / FEN_PER_WAN:.6f}".rstrip("0")
    whole, _, part = text.partition(".")
    return f"{int(whole):,}" + (f".{part}" if part else "")


def format_wan(fen: int | None) -> str:
    """Return `3.5 万元`, or `需核实` for an unknown amount."""
    return "需核实" if fen is None else f"{fen_to_wan(fen)} 万元"


def format_range(low: int | None, high: int | None) -> str:
    """Return `0.4–1.2 万元`, one figure when both ends agree, `需核实` when neither is known."""
    if low is None and high is None:
        return "需核实"
    if low is None or high is None:
        return f"{format_wan(low)}起" if high is None else f"{format_wan(high)}以内"
    if low == high:
        return format_wan(low)
    return f"{fen_to_wan(low)}–{fen_to_wan(high)} 万元"
