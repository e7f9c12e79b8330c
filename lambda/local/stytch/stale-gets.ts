// How old the client is that a GET or a search shows. Whoever made the stand-in may say so for each reply, else the settings draw it.
import type { Draws } from '../stand-in/draws.ts'
import type { Behind } from '../stand-in/history.ts'
import type { SettingsBox } from './settings-box.ts'

export interface GetCall {
  /** GetClient, SearchClients, GetConnectedApp or SearchConnectedApps. */
  readonly op: string
  /** Undefined for a search. */
  readonly clientId: string | undefined
  /** 1 = the first GET or search since the start or the reset. */
  readonly nth: number
  /** How many writes the client has had, its creation included; 0 for a search. */
  readonly writes: number
}

/** Decides how old this very reply is: so many writes (of each client in a search), or `{ ms }`; undefined = as the settings say. */
export type ChooseGetView = (call: GetCall) => Behind | undefined

export interface StaleGets {
  ageOf(call: Omit<GetCall, 'nth'>): Behind
  clear(): void
}

export interface StaleGetsInput {
  readonly settings: SettingsBox
  readonly draws: Draws
  readonly chooseView?: ChooseGetView | undefined
}

export const createStaleGets = ({ settings: box, draws, chooseView }: StaleGetsInput): StaleGets => {
  let gets = 0
  return {
    ageOf: (call) => {
      gets += 1
      const chosen = chooseView?.({ ...call, nth: gets })
      if (chosen !== undefined) return chosen
      const { staleGetMs } = box.current()
      return staleGetMs === 0 ? 0 : { ms: draws.next() * staleGetMs }
    },
    clear: () => {
      gets = 0
    },
  }
}
