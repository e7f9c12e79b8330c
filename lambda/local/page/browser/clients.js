// @ts-check
// The list of clients: search, filters by state, order, pages of it, and the motion that explains a switch and a settle.

import { repeat } from '/lib/directives/repeat.js'
import { html, nothing } from '/lib/lit-html.js'
import { clientCard } from './client-card.js'
import { actingAs } from './denial.js'
import { countOf } from './format.js'
import { chosenClients, model, set } from './model.js'

const PAGES = [10, 25, 50]

/** @param {string} filter @param {string} label @param {number} count @param {string} tone */
const chip = (filter, label, count, tone) =>
  html`<button
    type="button"
    class="chip tone-${tone}"
    aria-pressed=${model.filter === filter}
    @click=${() => set({ filter: model.filter === filter ? 'all' : filter, page: 0 })}
  >
    ${label} <span class="count">${countOf(count)}</span>
  </button>`

const filters = () => {
  const summary = model.state?.summary
  if (summary === undefined || summary.total === 0) return nothing
  return html`<div class="chips" role="group" aria-label="Filter by state">
    ${chip('all', 'All', summary.total, 'quiet')}
    ${summary.wrong > 0 || model.filter === 'wrong' ? chip('wrong', 'Needs you', summary.wrong, 'bad') : nothing}
    ${repeat(
      Object.keys(model.states).filter((state) => state in summary.states || state === model.filter),
      (state) => state,
      (state) =>
        chip(
          state,
          model.states[state]?.label ?? state,
          /** @type {Readonly<Record<string, number>>} */ (summary.states)[state] ?? 0,
          model.states[state]?.tone ?? 'quiet',
        ),
    )}
  </div>`
}

const toolbar = () =>
  html`<div class="toolbar">
    <label class="search">
      <span class="unseen">Search clients</span>
      <input
        type="search"
        id="search"
        placeholder="Search by name, id or last four"
        autocomplete="off"
        spellcheck="false"
        .value=${model.search}
        @input=${(/** @type {{ target: HTMLInputElement }} */ { target }) => set({ search: target.value, page: 0 })}
      />
    </label>
    <label class="order">
      <span class="unseen">Order</span>
      <select
        id="sort"
        @change=${(/** @type {{ target: HTMLSelectElement }} */ { target }) =>
          set({ sort: /** @type {typeof model.sort} */ (target.value), page: 0 })}
      >
        <option value="name" ?selected=${model.sort === 'name'}>by name</option>
        <option value="state" ?selected=${model.sort === 'state'}>what needs you first</option>
        <option value="oldest" ?selected=${model.sort === 'oldest'}>oldest first</option>
      </select>
    </label>
    <button type="button" id="register" class="primary" aria-haspopup="dialog" @click=${() => set({ dialog: { kind: 'register' } })}>
      Register a client
    </button>
  </div>`

/** @param {number} found @param {number} page @param {number} pages */
const pager = (found, page, pages) => {
  const { perPage } = model
  const [isFirst, isLast] = [page === 0, page >= pages - 1]
  /** @param {number} to @param {boolean} isOff */
  const go = (to, isOff) => () => (isOff ? undefined : set({ page: to }))
  return html`<nav class="pager" aria-label="Pages of clients">
    <p aria-live="polite">${countOf(page * perPage + 1)}–${countOf(Math.min(found, (page + 1) * perPage))} of ${countOf(found)}</p>
    <button type="button" id="previous" aria-disabled=${isFirst} @click=${go(page - 1, isFirst)}>Previous</button>
    <button type="button" id="next" aria-disabled=${isLast} @click=${go(page + 1, isLast)}>Next</button>
    <label>
      <span class="unseen">Clients on a page</span>
      <select
        id="per-page"
        @change=${(/** @type {{ target: HTMLSelectElement }} */ { target }) => set({ perPage: Number(target.value), page: 0 })}
      >
        ${PAGES.map((size) => html`<option value=${size} ?selected=${perPage === size}>${size} a page</option>`)}
      </select>
    </label>
  </nav>`
}

export const clients = () => {
  const found = chosenClients()
  const pages = Math.max(1, Math.ceil(found.length / model.perPage))
  const page = Math.min(model.page, pages - 1)
  const shown = found.slice(page * model.perPage, (page + 1) * model.perPage)
  const isEmpty = model.state !== undefined && shown.length === 0
  return html`
    <div class="section-head"><h2 id="clients-title" tabindex="-1">Clients</h2>${toolbar()}</div>
    ${actingAs()} ${filters()}
    <div id="client-list" class="client-list">${repeat(shown, ({ secretName }) => secretName, clientCard)}</div>
    ${isEmpty ? html`<p class="empty">${model.clients.size === 0 ? 'No clients yet.' : 'No client matches.'}</p>` : nothing}
    ${found.length > Math.min(...PAGES) ? pager(found.length, page, pages) : nothing}
  `
}

const isStill = matchMedia('(prefers-reduced-motion: reduce)')
const MOVE_MS = 650
const EASE = 'cubic-bezier(0.3, 0.7, 0.2, 1)'

/**
 * A value that is in another slot than before slides there, and one that is gone falls out: what a settle does at Stytch.
 * @returns {() => void} to be called when the list has been drawn again
 */
export const watchMoves = () => {
  if (isStill.matches) return () => {}
  const list = document.querySelector('#client-list')
  /** @param {Element} card */
  const foursOf = (card) =>
    [...card.querySelectorAll('.four[data-four]')].map((node) => ({
      node,
      four: node.getAttribute('data-four') ?? '',
      x: node.getBoundingClientRect().left,
    }))
  const before = new Map([...(list?.querySelectorAll('.client') ?? [])].map((card) => [card, foursOf(card)]))
  return () => {
    for (const [card, fours] of before) {
      if (!card.isConnected) continue
      const after = foursOf(card)
      const names = new Set(after.map(({ four }) => four))
      for (const { node, four, x } of after) {
        const from = fours.find((one) => one.four === four)
        if (from === undefined && fours.length > 0) {
          node.animate([{ opacity: 0, transform: 'translateY(-0.6em)' }, {}], { duration: MOVE_MS, easing: EASE })
        } else if (from !== undefined && Math.abs(from.x - x) > 4) {
          node.animate([{ transform: `translateX(${from.x - x}px)` }, {}], { duration: MOVE_MS, easing: EASE })
        }
      }
      for (const { four, x } of fours) if (!names.has(four)) fallOut(card, four, x)
    }
  }
}

/** @param {Element} card @param {string} lastFour @param {number} x */
const fallOut = (card, lastFour, x) => {
  const slots = card.querySelector('.slots')
  if (slots === null) return
  const ghost = document.createElement('code')
  ghost.className = 'four ghost'
  ghost.textContent = `…${lastFour}`
  ghost.setAttribute('aria-hidden', 'true')
  slots.append(ghost)
  ghost.style.left = `${x - slots.getBoundingClientRect().left}px`
  const falling = ghost.animate(
    [
      { opacity: 1, transform: 'none' },
      { opacity: 0, transform: 'translateY(2.2em) rotate(6deg)' },
    ],
    { duration: MOVE_MS, easing: 'ease-in' },
  )
  falling.addEventListener('finish', () => ghost.remove())
  falling.addEventListener('cancel', () => ghost.remove())
}
