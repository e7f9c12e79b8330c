// @ts-check
// The last incident: what has happened step by step, the attacker's calls as they turn from accepted to refused, and the proof.
import { html, nothing } from '/lib/lit-html.js'
import { countWord, exactTimeOf, four, secondsOf, timeOf, timesOf } from './format.js'
import { model, set } from './model.js'

/** @typedef {import('../incidents.ts').IncidentSight} IncidentSight */

/** @param {string} title @param {number | null} at @param {number} since @param {string} more */
const step = (title, at, since, more) =>
  html`<li class=${at === null ? 'is-open' : 'is-done'}>
    <b>${title}</b>
    <span>${at === null ? 'waiting' : `+${secondsOf(at - since)}`}</span>
    ${more === '' ? nothing : html`<small>${more}</small>`}
  </li>`

const letters = { a: 'accepted', r: 'refused', x: 'no answer' }

/** @param {IncidentSight} incident */
const attack = ({ attack: sight, leaked, name }) => {
  if (sight === null) return nothing
  const { recent, accepted, refused, acceptedAgain, isRunning, firstRefusedAt } = sight
  const isRefused = firstRefusedAt !== null
  const words = `${countWord(accepted, 'call')} accepted, ${refused} refused, ${acceptedAgain} accepted again`
  return html`<div class="attack ${isRefused ? 'tone-good' : 'tone-bad'}">
    <h3>The attacker, with ${four(leaked)} of ${name}</h3>
    <p class="attack-word" aria-live="polite">${isRefused ? 'REFUSED' : 'ACCEPTED'}</p>
    <div class="dots" role="img" aria-label=${words}>
      ${[...recent].map((letter) => html`<i class=${letters[/** @type {'a' | 'r' | 'x'} */ (letter)]}></i>`)}
    </div>
    <p class="small">${words}${isRunning ? '' : '. The attacker has stopped.'}</p>
  </div>`
}

/** @param {IncidentSight} incident */
const proofCard = ({ proof, reportedAt, endedAt }) => {
  if (proof === null) {
    return html`<div class="proof is-open"><h3>Proof</h3><p>${endedAt === null ? 'None yet. It comes from what Stytch answers, not from a label.' : 'No signed proof is stored.'}</p></div>`
  }
  const { lastFour, refusals, status, errors, lastRefusedAt, signedAt, keyArn, key, requestIds, acceptedLastFour } =
    proof
  const why = [status, errors[0]].filter(Boolean).join(' ')
  return html`<article class="proof" aria-label="Proof">
    <p class="stamp" aria-hidden="true">Signed</p>
    <h3>Proof</h3>
    <p class="proof-value">${four(lastFour)}</p>
    <p class="proof-says">
      refused <b>${timesOf(refusals)}</b>${why === '' ? '' : ` (${why})`}, last at <b>${exactTimeOf(lastRefusedAt)}</b>,
      <b>${secondsOf(lastRefusedAt - reportedAt)} after the report</b>, signed.
    </p>
    ${acceptedLastFour === null ? nothing : html`<p class="small">Consumers have ${four(acceptedLastFour)}, accepted in the same proof.</p>`}
    <details>
      <summary>Signature and request ids</summary>
      <dl>
        <dt>Signed</dt><dd>${exactTimeOf(signedAt)}, ES256, verified just now with KMS’s public key</dd>
        <dt>Key</dt><dd><code>${keyArn}</code></dd>
        <dt>Stored</dt><dd><code>${key}</code></dd>
        <dt>Stytch’s requests</dt><dd>${requestIds.map((id) => html`<code>${id}</code> `)}</dd>
      </dl>
    </details>
  </article>`
}

/** @returns whether there is one to show */
export const hasIncident = () => {
  const incident = model.state?.incident ?? null
  return incident !== null && incident.incidentId !== model.hiddenIncident
}

export const incident = () => {
  const one = model.state?.incident ?? null
  if (one === null || !hasIncident()) return nothing
  const { incidentId, name, reportedAt, replacedAt, endedAt, outcome, proof } = one
  return html`
    <div class="incident-head">
      <h2>${name === '' ? 'Leak' : `Leak of ${name}`}</h2>
      <p class="small">${incidentId}, reported ${timeOf(reportedAt)} UTC</p>
      <button type="button" id="hide-incident" class="plain" @click=${() => set({ hiddenIncident: incidentId })}>Hide</button>
    </div>
    <ol class="steps">
      ${step('Reported', reportedAt, reportedAt, '')}
      ${step('Replaced', replacedAt, reportedAt, replacedAt === null ? '' : 'consumers read another value')}
      ${step('Refused by Stytch', proof?.firstRefusedAt ?? null, reportedAt, proof === null ? '' : 'first refusal')}
      ${step('Proven', proof?.signedAt ?? null, reportedAt, proof === null ? '' : 'signed and stored')}
      ${step('Incident closed', endedAt, reportedAt, outcome === null ? '' : `outcome: ${outcome}`)}
    </ol>
    <div class="incident-body">${attack(one)} ${proofCard(one)}</div>
  `
}
