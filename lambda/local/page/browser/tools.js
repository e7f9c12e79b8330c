// @ts-check
// The drawer: what can go wrong, at one press or call by call, and the clock that both stand-ins share.
import { html, nothing } from '/lib/lit-html.js'
import { act } from './api.js'
import { dateOf, spanOf, timeOf } from './format.js'
import { model, set } from './model.js'

const operations = {
  Stytch: ['GetClient', 'RotateStart', 'RotateComplete', 'RotateCancel', 'Token'],
  AWS: ['PutSecretValue', 'UpdateSecretVersionStage', 'GetSecretValue', 'DescribeSecret', 'RotateSecret', 'PutEvents'],
}

const presets = /** @type {const} */ ([
  {
    preset: 'stytchDown',
    title: 'Stytch is down for a minute',
    says: 'Every call gets a 503. Rotations wait, then finish.',
  },
  {
    preset: 'dashboard',
    title: 'A colleague clicks in the dashboard',
    says: 'Rotates a client by hand at Stytch: consumers are refused. Report a leak to repair it.',
  },
  {
    preset: 'forgetful',
    title: 'Secrets Manager forgets for 3\u00a0s',
    says: 'For half a minute, every other reply is up to 3 s old.',
  },
  {
    preset: 'killed',
    title: 'The function dies at the worst moment',
    says: 'Just after Stytch issued a new secret, in the next rotation.',
  },
])

const kinds = [
  ['error', 'answers an error'],
  ['throttle', 'throttles'],
  ['drop_reply', 'does it, and the reply is lost'],
  ['reset', 'cuts the connection'],
  ['delay', 'replies after 3 s'],
  ['garble', 'cuts the reply in half'],
  ['html', 'answers HTML'],
]

/** @param {SubmitEvent} event */
const playFault = (event) => {
  event.preventDefault()
  if (!(event.currentTarget instanceof HTMLFormElement)) return
  const fields = new FormData(event.currentTarget)
  const kind = fields.get('kind')
  const more = kind === 'delay' ? { delay_ms: 3000 } : kind === 'error' ? { status: 500 } : {}
  const fault = { op: fields.get('op'), kind, count: Number(fields.get('count')), ...more }
  void act({ act: 'fault', at: fields.get('at'), fault })
}

let place = /** @type {'Stytch' | 'AWS'} */ ('Stytch')

const active = () => {
  const { faults = [], mishaps = [] } = model.state ?? {}
  if (faults.length + mishaps.length === 0) return html`<p class="small" id="active">Nothing is set to fail.</p>`
  return html`<ul id="active" class="active">
    ${mishaps.map(({ says, until }) => html`<li>${says}${until === null ? '' : `, for ${spanOf(until - Date.now())} more`}</li>`)}
    ${faults.map(({ at, fault, left }) => html`<li>${at} ${fault.op}: ${fault.kind}, ${left} ×</li>`)}
  </ul>`
}

/** Which client a colleague clicks on. */
let clicked = ''

const clientChoice = () => {
  const some = model.sorted.filter(({ clientId }) => clientId?.startsWith('m2m-client-')).slice(0, 200)
  if (!some.some(({ secretName }) => secretName === clicked)) clicked = some[0]?.secretName ?? ''
  return html`<label>On
    <select id="clicked" @change=${(/** @type {{ target: HTMLSelectElement }} */ { target }) => {
      clicked = target.value
    }}>
      ${some.map(({ secretName, name }) => html`<option value=${secretName} ?selected=${secretName === clicked}>${name}</option>`)}
    </select>
  </label>`
}

export const tools = () => {
  if (!model.hasTools) return nothing
  return html`
    <div class="drawer-head">
      <h2 tabindex="-1" id="tools-title">Faults and clock</h2>
      <button type="button" class="plain" id="close-tools" @click=${() => set({ hasTools: false })}>Close</button>
    </div>
    <section aria-labelledby="presets-title">
      <h3 id="presets-title">What goes wrong in production</h3>
      ${presets.map(
        ({ preset, title, says }) =>
          html`<div class="preset">
            <div><b>${title}</b><p class="small">${says}</p>${preset === 'dashboard' ? clientChoice() : nothing}</div>
            <button
              type="button"
              data-preset=${preset}
              aria-label="Play: ${title}"
              @click=${() => act(preset === 'dashboard' ? { act: 'preset', preset, secret: clicked } : { act: 'preset', preset })}
            >
              Play
            </button>
          </div>`,
      )}
    </section>
    <section aria-labelledby="active-title">
      <h3 id="active-title">Set to fail now</h3>
      ${active()}
      <button type="button" id="calm" @click=${() => act({ act: 'calm' })}>Clear all faults</button>
    </section>
    <section aria-labelledby="clock-title">
      <h3 id="clock-title">Clock</h3>
      <p>${model.state === undefined ? '' : `${dateOf(model.state.now).slice(0, -7)}, ${timeOf(model.state.now)} UTC`}</p>
      <div class="buttons">
        ${[
          [1, '+ 1 hour'],
          [24, '+ 1 day'],
          [720, '+ 30 days'],
        ].map(
          ([hours, says]) =>
            html`<button type="button" data-hours=${hours} @click=${() => act({ act: 'clock', hours })}>${says}</button>`,
        )}
      </div>
      <p class="small">The sweep runs every quarter of an hour and ends overlaps after a day.</p>
    </section>
    <details>
      <summary>One fault, call by call</summary>
      <form id="fault" @submit=${playFault}>
        <label>At
          <select name="at" @change=${(/** @type {{ target: HTMLSelectElement }} */ { target }) => {
            place = target.value === 'AWS' ? 'AWS' : 'Stytch'
            set({})
          }}>
            <option>Stytch</option>
            <option>AWS</option>
          </select>
        </label>
        <label>Operation <input name="op" list="operations" value="*" required autocomplete="off" /></label>
        <datalist id="operations">${['*', ...operations[place]].map((name) => html`<option value=${name}></option>`)}</datalist>
        <label>What <select name="kind">${kinds.map(([kind, says]) => html`<option value=${kind ?? ''}>${says}</option>`)}</select></label>
        <label>Times <input name="count" type="number" min="1" max="1000" value="1" required /></label>
        <button>Set this fault</button>
      </form>
    </details>
  `
}
