"""The style sheet of every page: a phone's 360 px, a screen, a sheet of A4.

Colours have a contrast of 4.5 to 1 at least on their ground (WCAG 2.2, 1.4.3), and none is the only
sign of anything.
"""

from __future__ import annotations

STYLE = """
:root{--ink:#1b1f24;--soft:#4b5560;--line:#c9d0d8;--ground:#fff;--bar:#f3f5f7;
--good:#12663a;--bad:#a11521;--care:#7a4b00;--data:#0b4f8a;--unknown:#c4c8cd}
*{box-sizing:border-box}
body{margin:0;color:var(--ink);background:var(--ground);
font:1rem/1.45 system-ui,-apple-system,"Segoe UI","Noto Sans","Noto Sans CJK SC",sans-serif}
main{max-width:60rem;margin:0 auto;padding:1rem;overflow-wrap:break-word}
bdi,code{overflow-wrap:anywhere}
h1{font-size:1.5rem;line-height:1.2;margin:.2rem 0 1rem}
h2{font-size:1.2rem;margin:2rem 0 .5rem;border-bottom:2px solid var(--line)}
h3{font-size:1rem;margin:1.2rem 0 .3rem}
p,ul,ol{margin:.4rem 0}
small,.soft{color:var(--soft);font-size:.875rem}
.verdict{border:3px solid;border-radius:.4rem;padding:.6rem .8rem}
.verdict b{font-size:1.15rem}
.good{color:var(--good)}.bad{color:var(--bad)}.care{color:var(--care)}
.verdict p{color:var(--ink)}
table{border-collapse:collapse;width:100%;margin:.5rem 0;font-size:.9rem}
caption{text-align:left;font-weight:600;padding:.2rem 0}
th,td{min-width:4rem;text-align:left;
vertical-align:top;padding:.3rem .5rem;border-bottom:1px solid var(--line)}
thead th{background:var(--bar)}
td ul{margin:0;padding-left:1rem}
td>time:first-child+small:last-child{display:block}
td:first-child{min-width:7rem}td:last-child{min-width:9rem}
time,time+small{white-space:nowrap}
pre,code{font:.85rem/1.4 ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere}
pre{background:var(--bar);padding:.6rem;margin:.5rem 0}
.plots{display:grid;gap:1rem;grid-template-columns:repeat(auto-fit,minmax(min(100%,20rem),1fr))}
figure{margin:0;max-width:36rem;break-inside:avoid}
figcaption{font-size:.875rem}
svg{display:block;width:100%;height:auto;overflow:visible}
svg text{font:10px system-ui,sans-serif;fill:var(--ink)}
svg .frame{fill:none;stroke:var(--soft)}
svg .tick{stroke:var(--line);stroke-width:.6}
svg .data{fill:none;stroke:var(--data);stroke-width:1.4;stroke-linecap:round;
stroke-linejoin:round;vector-effect:non-scaling-stroke}
svg .y{stroke:#8a5a00}svg .z{stroke:#3d6b1f}
svg .unknown{fill:var(--unknown)}
svg .limit{stroke:var(--bad);stroke-dasharray:4 3}
svg .limit-name{fill:var(--bad)}
svg .excursion{fill:#c77700}svg .alarm{fill:var(--bad)}
svg .offset{stroke:var(--ink);stroke-dasharray:1 2}
svg .across{fill:none;stroke:var(--soft);stroke-dasharray:4 4;vector-effect:non-scaling-stroke}
svg .bar{fill:none;stroke:var(--ink)}svg .name{fill:var(--soft)}
svg .mark{fill:var(--bad)}svg .end{fill:var(--ink)}
.key span{display:inline-block;margin-right:1rem}
.key i{display:inline-block;width:1.2em;height:.8em;margin-right:.3em;border:1px solid var(--soft)}
.key .unknown{background:var(--unknown)}.key .excursion{background:#c77700}
.key .alarm{background:var(--bad)}
@media (max-width:40rem){
table,tbody,tr,td{display:block}
thead{display:block;position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}
caption{display:block}
tr{border:1px solid var(--line);border-radius:.3rem;margin:.5rem 0;padding:.2rem 0}
td{border:0;padding:.15rem .6rem}td:empty{display:none}
td[data-label]::before{content:attr(data-label) ": ";color:var(--soft)}
}
@media print{
@page{size:A4;margin:15mm}
body{font-size:10pt}main{max-width:none;padding:0}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
h2,h3,caption{break-after:avoid}tr,.verdict{break-inside:avoid}thead{display:table-header-group;break-after:avoid}
}
""".replace("\n", "")
