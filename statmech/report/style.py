"""The style sheet of a report: one column on a phone, two on a desk, light or dark as the reader's system is."""

from __future__ import annotations

from typing import Final

__all__ = ["STYLE"]

STYLE: Final = """
:root { color-scheme: light dark; --page: #ffffff; --ink: #1c2430; --soft: #556070; --line: #d5dae1;
        --card: #f5f7f9; --link: #004488; --warn: #8a1c00; --warn-page: #fff3ec; }
@media (prefers-color-scheme: dark) {
  :root { --page: #14181d; --ink: #e8ebef; --soft: #a9b3bf; --line: #3a434e; --card: #1d232a; --link: #8cc2f5;
          --warn: #ffb79e; --warn-page: #33201a; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0 auto; max-width: 76rem; padding: 1rem clamp(0.75rem, 3vw, 2.5rem) 3rem; background: var(--page);
       color: var(--ink); font: 1rem/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; overflow-wrap: break-word; }
h1 { font-size: clamp(1.35rem, 4vw, 1.9rem); line-height: 1.25; margin: 0.5rem 0 0.25rem; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 0.6rem; padding-top: 0.6rem; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.2rem 0 0.4rem; }
a { color: var(--link); }
a:focus-visible, [tabindex]:focus-visible, summary:focus-visible {
  outline: 3px solid var(--link); outline-offset: 2px; }
.skip { position: absolute; left: -999rem; }
.skip:focus { left: 0.5rem; top: 0.5rem; background: var(--page); padding: 0.4rem 0.8rem; z-index: 1; }
nav ul { list-style: none; padding: 0; margin: 0.6rem 0; display: flex; flex-wrap: wrap; gap: 0.2rem 1.1rem; }
.lead { color: var(--soft); margin: 0; }
dl { display: grid; grid-template-columns: minmax(8rem, max-content) 1fr; gap: 0.3rem 1.2rem; margin: 0; }
dt { color: var(--soft); } dd { margin: 0; min-width: 0; }
@media (max-width: 36rem) { dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: 0.5rem; } }
.note { background: var(--warn-page); border-left: 4px solid var(--warn); padding: 0.6rem 0.9rem; margin: 0.8rem 0; }
.note p, .note ul { margin: 0.2rem 0; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 1rem; }
figure { margin: 0; background: #ffffff; color: #1c2430; border: 1px solid var(--line); border-radius: 6px;
         padding: 0.4rem; }
figure svg, figure img { display: block; width: 100%; height: auto; }
figcaption { font-size: 0.9rem; padding: 0.2rem 0.4rem; color: #3d4755; }
.scroll { overflow: auto; max-height: 30rem; border: 1px solid var(--line); border-radius: 6px; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 0.9rem; min-width: 100%; }
caption { text-align: left; padding: 0.4rem 0.6rem; color: var(--soft); }
th, td { padding: 0.25rem 0.7rem; text-align: right; white-space: nowrap; }
thead th { position: sticky; top: 0; background: var(--card); vertical-align: bottom;
           border-bottom: 1px solid var(--line); }
tbody tr:nth-child(even) { background: var(--card); }
pre { background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: 0.7rem; overflow: auto;
      font: 0.85rem/1.45 ui-monospace, "DejaVu Sans Mono", monospace; }
code { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: 0.92em; }
summary { cursor: pointer; }
@media print { body { max-width: none; } .scroll { max-height: none; } nav, .skip { display: none; } }
"""
