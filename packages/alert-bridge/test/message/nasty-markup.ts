import type { Notice } from '../../src/message/notice.ts'
import { sampleNotices } from './sample-notices.ts'

/** Markup of several services, mentions, and addresses with a script. */
export const nastyMarkup =
  '# heading **bold** __under__ ~~gone~~ `code` ||spoiler|| [click](https://evil.example.com) > quote @everyone @here @channel @all @alice <@123> <@&4> <#5> <!channel> <at>all</at> <b>b</b> <a href="tg://user?id=1">x</a> javascript:alert(1)'

/** A notice with it in every external text. */
export const nastyNotice: Notice = {
  ...sampleNotices.firing,
  title: nastyMarkup,
  text: `${nastyMarkup}\n${nastyMarkup}`,
  alerts: ['one', 'two'].map((name) => ({
    status: 'firing',
    labels: { alertname: nastyMarkup, agent_name: `${name} ${nastyMarkup}` },
    annotations: { summary: `${name} ${nastyMarkup}`, owner: nastyMarkup },
    startsAt: '2026-11-24T02:13:05Z',
  })),
}
