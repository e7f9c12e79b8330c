// @ts-check
// What has happened, newest first: a sentence each, which unfolds to its calls.

import { repeat } from '/lib/directives/repeat.js'
import { html, nothing } from '/lib/lit-html.js'
import { loadLines } from './api.js'
import { countWord, exactTimeOf, secondsOf, timeOf } from './format.js'
import { changed, model, set } from './model.js'

/** @typedef {import('../stories.ts').Story} Story */

const SHOWN = 120

const filters = /** @type {const} */ ([
  ['all', 'Everything'],
  ['rotation', 'Rotations'],
  ['incident', 'Incidents'],
  ['denial', 'Denials'],
  ['problems', 'Problems'],
  ['calls', 'Other calls'],
])

/** @param {Story} story */
const isChosen = ({ kind, tone, failed, says, detail, about }) => {
  const { timelineFilter: filter } = model
  const search = model.timelineSearch.trim().toLowerCase()
  const isKind =
    filter === 'all'
      ? kind !== 'calls' || failed > 0
      : filter === 'problems'
        ? tone === 'bad' || failed > 0
        : kind === filter || (filter === 'rotation' && kind === 'client')
  return isKind && (search === '' || `${says} ${detail} ${about}`.toLowerCase().includes(search))
}

/** @param {Story} story */
const meta = ({ calls, failed, at, endedAt }) =>
  [
    calls > 0 ? countWord(calls, 'call') : '',
    failed > 0 ? `${failed} failed` : '',
    calls > 1 && endedAt !== null ? secondsOf(endedAt - at) : '',
  ]
    .filter(Boolean)
    .join(' · ')

/** Keeps `…aB3x` on one line: with a word joiner. @param {string} text */
const unbroken = (text) => text.replaceAll('…', '…\u2060')

/** @param {Story} story */
const sentence = (story) =>
  html`<time>${timeOf(story.at)}</time>
    <span class="says">${unbroken(story.says)}</span>
    ${story.detail === '' ? nothing : html`<span class="detail" title=${story.detail}>${unbroken(story.detail)}</span>`}
    ${story.calls === 0 ? nothing : html`<span class="meta ${story.failed > 0 ? 'has-failed' : ''}">${meta(story)}</span>`}`

/** @param {Story} story */
const lines = ({ id }) =>
  html`<ol class="lines">
    ${(model.lines.get(id) ?? []).map(
      ({ at, where, what, isFault, times }) =>
        html`<li class=${isFault ? 'is-fault' : where}>
          <time>${exactTimeOf(at)}</time><span>${where}</span><span>${what}${times > 1 ? ` ×${times}` : ''}</span>
        </li>`,
    )}
  </ol>`

/** @param {Story} story */
const row = (story) => {
  const tone = story.endedAt === null ? 'busy' : story.tone
  const unfold = (/** @type {{ target: HTMLDetailsElement }} */ { target }) => {
    if (target.open) void loadLines(story.id)
    else if (model.lines.delete(story.id)) changed()
  }
  return html`<li class="story tone-${tone}" data-kind=${story.kind}>
    ${
      story.calls === 0
        ? html`<div class="sentence">${sentence(story)}</div>`
        : html`<details @toggle=${unfold}><summary class="sentence">${sentence(story)}</summary>${model.lines.has(story.id) ? lines(story) : nothing}</details>`
    }
  </li>`
}

/** Calls that belong to nothing are left out unless somebody chooses them: with only those, nothing has happened. */
const emptyWords = () => {
  const { timelineFilter, timelineSearch, stories } = model
  if (timelineFilter === 'all' && timelineSearch.trim() === '') return 'Nothing has happened yet.'
  return stories.size === 0 ? 'Nothing has happened yet.' : 'Nothing matches.'
}

export const timeline = () => {
  const chosen = [...model.stories.values()].filter(isChosen).reverse().slice(0, SHOWN)
  return html`
    <div class="section-head">
      <h2 id="timeline-title">Timeline</h2>
      <label class="search">
        <span class="unseen">Search the timeline</span>
        <input
          type="search"
          id="timeline-search"
          placeholder="Search"
          autocomplete="off"
          .value=${model.timelineSearch}
          @input=${(/** @type {{ target: HTMLInputElement }} */ { target }) => set({ timelineSearch: target.value })}
        />
      </label>
    </div>
    <div class="chips" role="group" aria-label="Filter the timeline">
      ${filters.map(
        ([name, label]) =>
          html`<button type="button" class="chip" aria-pressed=${model.timelineFilter === name} @click=${() => set({ timelineFilter: name })}>${label}</button>`,
      )}
    </div>
    <ol id="stories" class="stories" ?hidden=${chosen.length === 0} tabindex="0" aria-label="What happened, newest first">
      ${repeat(chosen, ({ id }) => id, row)}
    </ol>
    ${chosen.length === 0 ? html`<p class="empty">${emptyWords()}</p>` : nothing}
  `
}
