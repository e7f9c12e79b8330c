// @ts-check
// The last incident: what has happened step by step, the attacker's calls as they turn from accepted to refused, and the proof.
import { html, nothing } from '/lib/lit-html.js'
import { countWord, exactTimeOf, four, secondsOf, timeOf, timesOf } from './format.js'
import { model, set } from './model.js'

/** @typedef {import('../incidents.ts').IncidentSight} IncidentSight */

/** @param {string} title @param {string} when '' while it is waited for @param {string} more */
const step = (title, when, more) =>
  html`<li class=${when === '' ? 'is-open' : 'is-done'}>
    <b>${title}</b>
    <span>${when || 'waiting'}</span>
    <small>${more}</small>
  </li>`

/** Stytch's access tokens. */
const TOKEN_LIFE_MS = 3_600_000

const letters = { a: 'accepted', r: 'refused', x: 'no answer' }

/** @param {IncidentSight} incident */
const attack = ({ attack: sight, leaked, name }) => {
  if (sight === null) return nothing
  const { recent, accepted, refused, acceptedAgain, isRunning, firstRefusedAt } = sight
  const isRefused = firstRefusedAt !== null
  const words = `${countWord(accepted, 'call')} accepted, ${refused} refused, ${acceptedAgain} accepted again`
  const tokensEndAt = sight.lastAcceptedAt === null ? null : sight.lastAcceptedAt + TOKEN_LIFE_MS
  return html`<div class="attack ${isRefused ? 'tone-good' : 'tone-bad'}">
    <h3>The attacker, with ${four(leaked)} of ${name}</h3>
    <p class="small">Each square is one attempt to get a token from Stytch: filled, accepted; outlined, refused.</p>
    <p class="attack-word" aria-live="polite">${isRefused ? 'REFUSED' : 'ACCEPTED'}</p>
    <div class="dots" role="img" aria-label=${words}>
      ${[...recent].map((letter) => html`<i class=${letters[/** @type {'a' | 'r' | 'x'} */ (letter)]}></i>`)}
    </div>
    <p class="small attack-tally">${words}${isRunning ? '' : '. The attacker has stopped.'}</p>
    ${
      isRefused && tokensEndAt !== null
        ? html`<p class="small">A revoke ends no token: what was issued until then expires by ${timeOf(tokensEndAt)}.</p>`
        : nothing
    }
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
    ${acceptedLastFour === null ? nothing : html`<p class="small">The same proof shows that Stytch accepts ${four(acceptedLastFour)}, which consumers read.</p>`}
    <details>
      <summary>Signature and request ids</summary>
      <dl>
        <dt>Signed</dt><dd>${exactTimeOf(signedAt)}, ES256, verified just now with KMS’s public key</dd>
        <dt>Key</dt><dd><code>${keyArn}</code></dd>
        <dt>Stored</dt><dd><code>${key}</code></dd>
        <dt>Stytch’s requests</dt><dd>${requestIds.map((id) => html`<code class="request-id">${id}</code>`)}</dd>
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
  const { incidentId, name, reportedAt, replacedAt, replacedBy, endedAt, outcomeSays, proof } = one
  /** @param {number | null | undefined} at */
  const after = (at) => (at === null || at === undefined ? '' : `+${secondsOf(at - reportedAt)}`)
  return html`
    <div class="incident-head">
      <h2 id="incident-title" tabindex="-1">${name === '' ? 'Leak' : `Leak of ${name}`}</h2>
      <p class="small">${incidentId}, reported ${timeOf(reportedAt)} UTC${endedAt === null ? '' : `, closed after ${secondsOf(endedAt - reportedAt)}`}</p>
      <button type="button" id="hide-incident" class="plain" @click=${() => set({ hiddenIncident: incidentId })}>Hide</button>
    </div>
    <ol class="steps">
      ${step('Reported', timeOf(reportedAt), 'the attacker has the value')}
      ${step('Replaced', after(replacedAt), replacedBy === null ? '' : `consumers read ${four(replacedBy)}`)}
      ${step('Refused by Stytch', after(proof?.firstRefusedAt), proof === null ? '' : one.attack?.accepted === 0 ? 'as before the report' : 'first refusal')}
      ${step('Proven', after(proof?.signedAt), proof === null ? '' : 'signed and stored')}
      ${step('Closed', after(endedAt), outcomeSays)}
    </ol>
    <div class="incident-body">${attack(one)} ${proofCard(one)}</div>
  `
}
