/** Alerts and finished runs. */
export const lists: string = `
ul, ol { list-style: none; padding: 0; }
.alerts { display: grid; grid-template-columns: auto 1fr auto; gap: 1px 20px; margin-top: 8px; }
.alerts li { grid-column: 1 / -1; display: grid; grid-template-columns: subgrid; row-gap: 2px; align-items: baseline; padding: 7px 0 7px 12px; border-left: 3px solid var(--rule); }
.alerts li.critical.firing { border-left-color: var(--bad); }
.alerts li.warning.firing { border-left-color: var(--warn); }
.alerts li.pending { border-left-style: dotted; }
.alerts a { margin-left: 6px; color: inherit; text-underline-offset: 3px; }
.recent { border-top: 1px solid var(--rule); }
.recent > li { border-bottom: 1px solid var(--hair); }
.recent > li:last-child { border-bottom: 0; }
summary, .heads { display: grid; grid-template-columns: 90px minmax(140px, 1fr) minmax(80px, 2fr) 90px 90px 70px; gap: 10px; align-items: baseline; padding: 5px 0 5px 20px; }
summary { position: relative; cursor: pointer; list-style: none; }
.heads { font-size: 12px; font-weight: 600; color: var(--soft); }
.heads span:nth-child(n + 4) { text-align: right; }
.label { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
summary::-webkit-details-marker { display: none; }
summary::before { content: ''; position: absolute; left: 5px; top: 11px; border: solid var(--soft); border-width: 0 1.5px 1.5px 0; width: 5px; height: 5px; transform: rotate(-45deg); }
details[open] > summary::before { transform: rotate(45deg); }
summary:hover { background: var(--sunken); }
summary .word { justify-self: start; }
summary .agent { font-weight: 550; }
summary .tries, summary .took, summary .ended { text-align: right; white-space: nowrap; }
summary .tries, summary .ended { color: var(--soft); }
.error { font: 12.5px ui-monospace, 'SF Mono', Menlo, Consolas, 'Liberation Mono', monospace; }
.why { color: var(--soft); overflow-wrap: anywhere; }
summary .why { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; }
details[open] > summary .why { display: none; }
.run { display: grid; gap: 6px; margin: 2px 0 10px 20px; padding: 10px 14px; background: var(--sunken); border-radius: 4px; }
.message { font: 12.5px/1.5 ui-monospace, 'SF Mono', Menlo, Consolas, 'Liberation Mono', monospace; white-space: pre-wrap; }
.attempts th, .attempts td { border-bottom-color: var(--rule); }
@media (max-width: 900px) { .alerts, .alerts li { grid-template-columns: minmax(0, 1fr); } }
@media (max-width: 640px) {
  summary { grid-template-columns: minmax(0, 1fr) auto auto; gap: 1px 10px; padding: 8px 0 8px 20px; }
  .heads { display: none; }
  .label { position: static; width: auto; height: auto; clip-path: none; }
  summary .agent { grid-column: 1; grid-row: 1; }
  summary .ended { grid-column: 2 / 4; grid-row: 1; }
  summary .word { grid-column: 1; grid-row: 2; }
  summary .tries { grid-column: 2; grid-row: 2; }
  summary .took { grid-column: 3; grid-row: 2; }
  summary .error { grid-column: 1 / -1; grid-row: 3; }
  summary .error:empty { display: none; }
  summary::before { top: 14px; }
  .run { margin-left: 0; padding: 10px; }
}
`
