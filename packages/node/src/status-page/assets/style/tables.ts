/** Tables; on a narrow screen each row becomes a block of labelled figures. */
export const tables: string = `
table { width: 100%; border-collapse: collapse; }
th, td { padding: 5px 10px; text-align: left; vertical-align: baseline; border-bottom: 1px solid var(--hair); font-weight: 400; }
thead th { font-size: 12px; font-weight: 600; color: var(--soft); border-bottom-color: var(--rule); white-space: nowrap; }
tbody th { font-weight: 550; }
tbody tr:last-child > * { border-bottom: 0; }
th:first-child, td:first-child { padding-left: 0; }
th:last-child, td:last-child { padding-right: 0; }
.number { text-align: right; white-space: nowrap; }
.scroll { overflow-x: auto; }
.scroll .number { width: 1%; padding-left: 18px; }
.scroll tbody th { min-width: 150px; }
.trace { display: inline-block; max-width: 9ch; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; vertical-align: bottom; }
.scroll.attempts { overflow: visible; }
.attempts tbody th { min-width: 0; width: 1%; white-space: nowrap; }
.attempts .wide, .attempts thead th:last-child { padding-left: 24px; }
.attempts .nth { display: none; }
.parts { margin-top: 8px; }
.parts caption { padding-bottom: 2px; }
.parts th, .parts td { padding-top: 3px; padding-bottom: 3px; }
.parts .notable td, .parts .notable th { font-weight: 650; }
#agents .notable th::after { content: 'below 80 %'; margin-left: 8px; padding: 0 6px; border-radius: 3px; font-size: 12px; font-weight: 600; background: var(--bad-ground); color: var(--bad); white-space: nowrap; }
@media (min-width: 641px) { .scroll tbody tr:hover { background: var(--sunken); } }
@media (max-width: 640px) {
  .scroll table, .scroll tbody { display: block; }
  .scroll thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .parts small { display: block; margin-left: 17px; }
  .scroll tr { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 4px 10px; padding: 9px 0; border-bottom: 1px solid var(--hair); }
  .scroll tr:last-child { border-bottom: 0; }
  .scroll tbody th { grid-column: 1 / -1; padding: 0; border: 0; }
  .scroll td, .scroll .number, .attempts .wide { width: auto; padding: 0; border: 0; text-align: left; white-space: normal; }
  .scroll.agents tr { grid-template-columns: repeat(4, minmax(0, 1fr)); }
  .scroll .wide:has(.message) { grid-column: 1 / -1; }
  .attempts .nth { display: inline; }
  .scroll td::before { content: attr(data-label); display: block; font-size: 11.5px; color: var(--soft); }
}
`
