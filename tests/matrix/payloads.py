"""Texts that become markup or script wherever they are put into a page unescaped; each fits the shortest field."""

MARK = "xq7"

PAYLOADS: tuple[str, ...] = (
    # elements
    "<xq7>", "<b>xq7", "</p><xq7>", "<script>xq7()</script>", "<ScRiPt>xq7()", "<img src=x onerror=xq7()>",
    "<svg onload=xq7()>", "<svg/onload=xq7()>", "<iframe src=//xq7>", "<a href=javascript:xq7()>x",
    "<body onload=xq7()>", "<input autofocus onfocus=xq7()>", "<details open ontoggle=xq7()>",
    "<video><source onerror=xq7()>", "<form action=//xq7>", "<base href=//xq7/>", "<meta http-equiv=refresh>",
    "<link rel=stylesheet href=//xq7>", "<style>*{x:xq7}</style>", "<object data=//xq7>", "<embed src=//xq7>",
    "<math><xq7>", "<template><xq7>", "<noscript><xq7>", "<marquee onstart=xq7()>", "<select><xq7>",
    "<table><xq7>", "<button formaction=//xq7>", "<audio src onerror=xq7()>", "<keygen xq7>", "<xq7/>",
    # out of what encloses them
    "</textarea><xq7>", "</title><xq7>", "</style><xq7>", "</script><xq7>", "</option></select><xq7>",
    "</button><xq7>", "</a><xq7>", "</td></table><xq7>", "--><xq7>", "]]><xq7>", "<!--xq7", "<![CDATA[xq7",
    # out of an attribute
    '" onmouseover=xq7() x="', "' onmouseover=xq7() x='", '"><xq7>', "'><xq7>", '" autofocus onfocus=xq7()//',
    "x onclick=xq7()", "`onclick=xq7()`", '"/><xq7 y="', "' xq7='", '" xq7="', '"xq7=1 ', ">xq7<", '" hx-get="/xq7',
    '" data-hx-on:load="xq7()',
    # templates, addresses, encodings
    "{{ 7*7 }}xq7", "{% raw %}xq7", "{{xq7}}", "${xq7()}", "#{xq7}", "javascript:xq7()", "data:text/html,<xq7>",
    "&lt;xq7&gt;", "&#60;xq7&#62;", "&#x3c;xq7>", "\\u003cxq7\\u003e", "%3Cxq7%3E", "<\uff58q7>", "\uff1cxq7\uff1e",
    "<xq7\u2028>", "\"';xq7()//", "');xq7();('", "</ xq7>", "<%xq7%>", "<?xq7?>", "<xq7 a='>\">",
)  # fmt: skip
