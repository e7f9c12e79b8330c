// @ts-check
// The bar and the answers at the top: is anything wrong, how many clients there are, how old the oldest secret is, what the last incident came
// to, and whether consumers notice anything.
import { html, nothing, svg } from '/lib/lit-html.js'
import { countOf, countWord, dateOf, four, secondsOf, spanOf, timeOf } from './format.js'
import { model, set } from './model.js'

/** @param {() => void} openTools @param {() => void} startTour */
export const bar = (openTools, startTour) => html`
  <p class="brand"><span class="mark" aria-hidden="true"></span>m2m <span class="faint">laptop<span class="brand-more">: stand-ins for Stytch and AWS</span></span></p>
  <p class="clock" title="The clock that both stand-ins share, in UTC">
    ${model.state === undefined ? nothing : html`<span class="clock-date">${dateOf(model.state.now).slice(0, -7)}</span> ${timeOf(model.state.now)} UTC`}
  </p>
  <p class="connection ${model.connection}" role="status">
    ${{ connecting: 'connecting', live: 'live', lost: 'the laptop does not answer' }[model.connection]}
  </p>
  <div class="bar-buttons">
    <button type="button" id="open-tour" @click=${startTour}>Take the tour</button>
    <button type="button" id="open-tools" aria-expanded=${model.hasTools} aria-controls="tools" @click=${openTools}>
      Faults and clock${activeFaults() > 0 ? html` <span class="count">${activeFaults()}</span>` : nothing}
    </button>
  </div>
`

const activeFaults = () => (model.state?.faults.length ?? 0) + (model.state?.mishaps.length ?? 0)

/** @param {{ name: string, state: string }} one */
const wrongOne = ({ name, state }) => html`<b>${name}</b> is ${model.states[state]?.label ?? state}`

/** @param {number} total of clients, at least one */
const wholeWords = (total) =>
  total === 1 ? 'the one client' : total === 2 ? 'both clients' : `all ${countOf(total)} clients`

/** Seconds of which a failure is news. */
const RECENT = 5

const failingNow = () => model.samples.slice(-RECENT).reduce((sum, { failed }) => sum + failed, 0)

/** @param {NonNullable<typeof model.state>} state */
const verdict = ({ summary, incident }) => {
  const { wrong, total, wrongNames } = summary
  const isUnderAttack = incident !== null && incident.endedAt === null
  if (total === 0)
    return html`<h1 class="verdict tone-quiet">No clients yet</h1><p class="more">Register the first one below.</p>`
  if (isUnderAttack) {
    return html`<h1 class="verdict tone-bad">${incident.name || 'Several clients'} leaked</h1>
      <p class="more">The leaked value is being replaced, ended, and tried at Stytch until it is refused.</p>`
  }
  const failing = failingNow()
  if (wrong === 0 && failing > 0) {
    return html`<h1 class="verdict tone-bad">Consumers are failing</h1>
      <p class="more">${countWord(failing, 'request')} failed in the last few seconds.</p>`
  }
  if (wrong === 0) {
    return html`<h1 class="verdict tone-good">Nothing is wrong</h1>
      <p class="more">Stytch accepts what the consumers of ${wholeWords(total)} read.</p>`
  }
  const others = wrong - wrongNames.length
  return html`<h1 class="verdict tone-bad">${wrong === 1 ? '1 client needs you' : `${countOf(wrong)} clients need you`}</h1>
    <p class="more">
      ${wrongNames.map((one, index) => html`${index > 0 ? ', ' : ''}${wrongOne(one)}`)}${others > 0 ? ` and ${countOf(others)} more` : ''}.
      <button type="button" class="link" @click=${() => set({ filter: 'wrong', page: 0 })}>Show</button>
    </p>`
}

const BAR = 5
const HEIGHT = 34

/** Bars of what consumers did, second by second. */
const sparkline = () => {
  const most = Math.max(4, ...model.samples.map(({ ok, failed }) => ok + failed))
  /** @param {number} count */
  const tall = (count) => (count / most) * HEIGHT
  return html`<svg class="spark" viewBox="0 0 ${48 * BAR} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true">
    ${model.samples.map(({ ok, failed }, index) => {
      const x = (48 - model.samples.length + index) * BAR
      const [good, bad] = [tall(ok), tall(failed)]
      return svg`<rect class="ok" x=${x} width=${BAR - 1.5} y=${HEIGHT - good} height=${good}></rect>
        <rect class="failed" x=${x} width=${BAR - 1.5} y=${HEIGHT - good - bad} height=${bad}></rect>`
    })}
  </svg>`
}

/** @param {NonNullable<typeof model.state>} state */
const consumersTile = ({ traffic }) => {
  const { requests, failures, consumers } = traffic
  const working = Object.keys(consumers).length
  const isOver = failures > 0 && failingNow() === 0
  return html`<div class="tile wide ${isOver ? '' : failures > 0 ? 'tone-bad' : 'tone-good'}" id="consumers">
    <dt>Consumers, live</dt>
    <dd>${countOf(failures)} <span class="of">failed of ${countWord(requests, 'request')}${isOver ? ', none now' : ''}</span></dd>
    <dd class="small">${sparkline()}</dd>
    <dd class="small">${working === 0 ? 'none at work' : `${countWord(working, 'consumer')} at work while this page is open`}</dd>
  </div>`
}

/** @param {NonNullable<typeof model.state>} state */
const incidentTile = ({ incident, now }) => {
  const proof = incident?.proof ?? null
  if (incident === null) {
    return html`<div class="tile"><dt>Last incident</dt><dd>none</dd><dd class="small">no leak was reported</dd></div>`
  }
  const words =
    proof !== null
      ? secondsOf(proof.lastRefusedAt - incident.reportedAt)
      : incident.endedAt === null
        ? 'going on'
        : incident.outcome
  return html`<div class="tile ${proof !== null ? 'tone-good' : 'tone-bad'}" id="last-incident">
    <dt>Last incident</dt>
    <dd>${words} ${proof !== null ? html`<span class="of">to proof</span>` : nothing}</dd>
    <dd class="small">${four(incident.leaked)} of ${incident.name || 'several clients'}, ${spanOf(now - incident.reportedAt)} ago</dd>
  </div>`
}

export const head = () => {
  const { state } = model
  if (state === undefined) return html`<h1 class="verdict tone-quiet">Looking at the clients…</h1>`
  const { summary, now } = state
  const { oldest, total, overdue, states } = summary
  const moving = (states.overlap ?? 0) + (states.rotating ?? 0) + (states.revoked ?? 0)
  return html`
    <div class="answer" aria-live="polite">${verdict(state)}</div>
    <dl class="tiles">
      <div class="tile">
        <dt>Clients</dt>
        <dd id="tally">${countOf(total)}</dd>
        <dd class="small">${moving === 0 ? 'none changing' : `${countOf(moving)} changing`}</dd>
      </div>
      <div class="tile ${overdue > 0 ? 'tone-bad' : ''}">
        <dt>Oldest secret</dt>
        <dd>${oldest === null ? 'none' : spanOf(now - oldest.issuedAt)}</dd>
        <dd class="small">${oldest === null ? '' : oldest.name}${overdue > 0 ? `, ${countOf(overdue)} overdue` : ''}</dd>
      </div>
      ${incidentTile(state)} ${consumersTile(state)}
    </dl>
  `
}
