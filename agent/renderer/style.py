"""The style sheet of every page: a phone's 360 px, a screen, a sheet of A4.

No colour is the only sign of anything. It has no variables: older programs that print pages know
none.
"""

from __future__ import annotations

from string import Template

from agent.renderer.ink import COLOURS

_SHEET = Template("""
*{box-sizing:border-box}
body{margin:0;color:$ink;background:#fff;
font:1rem/1.45 system-ui,-apple-system,"Segoe UI","Noto Sans","Noto Sans CJK SC",sans-serif}
main{max-width:60rem;margin:0 auto;padding:1rem;overflow-wrap:break-word}
bdi,code{overflow-wrap:anywhere}
h1{font-size:1.5rem;line-height:1.2;margin:.2rem 0 1rem}
h2{font-size:1.2rem;margin:2rem 0 .5rem;border-bottom:2px solid $line}
h3{font-size:1rem;margin:1.2rem 0 .3rem}
p,ul,ol{margin:.4rem 0}
small,.soft{color:$soft;font-size:.875em}
.verdict{border:3px solid;border-radius:.4rem;padding:.6rem .8rem}
.verdict b{font-size:1.15rem}
.good{color:$good}.bad{color:$bad}.care{color:$care}
.verdict p{color:$ink}
table{border-collapse:collapse;width:100%;margin:.5rem 0;font-size:.9rem}
caption{text-align:left;font-weight:600;padding:.2rem 0}
th,td{min-width:4rem;text-align:left;
vertical-align:top;padding:.3rem .5rem;border-bottom:1px solid $line}
thead th{background:$bar}
td ul{margin:0;padding-left:1rem}

td:first-child{min-width:7rem}td:last-child{min-width:9rem}
time,small{white-space:nowrap}
pre,code{font:.85rem/1.4 ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere}
pre{background:$bar;padding:.6rem;margin:.5rem 0}
.plots{display:grid;gap:1rem;grid-template-columns:repeat(auto-fit,minmax(min(100%,20rem),1fr))}
figure{margin:0;max-width:36rem;break-inside:avoid}
figcaption{font-size:.875rem}
svg{display:block;width:100%;height:auto;overflow:visible}
.key span{display:inline-block;margin-right:1rem}
.key i{display:inline-block;width:1.2em;height:.8em;margin-right:.3em;border:1px solid $soft}
.key .unknown{background:$unknown}.key .excursion{background:$excursion}
.key .alarm{background:$bad}
@media (max-width:40rem){
table,tbody,tr,td{display:block}
thead{display:block;position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}
caption{display:block}
tr{border:1px solid $line;border-radius:.3rem;margin:.5rem 0;padding:.2rem 0}
td{border:0;padding:.15rem .6rem}td:empty{display:none}
td[data-label]::before{content:attr(data-label) ": ";color:$soft}
}
@media print{
@page{size:A4;margin:15mm}
body{font-size:10pt}main{max-width:none;padding:0}
th,td,td:first-child,td:last-child{min-width:3.2rem;padding:.2rem .3rem}
table{font-size:8pt}th{hyphens:auto}
td time,td small{white-space:normal}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
h2,h3,caption{break-after:avoid}tr,.verdict{break-inside:avoid}thead{display:table-header-group;break-after:avoid}
}
""")

STYLE = _SHEET.substitute(COLOURS).replace("\n", "")
