// What goes wrong in production, at one press: an outage, a colleague in the dashboard, replies that are old, a function killed at the worst
// moment. Each says what it did, and is undone by `calm`.
import { MINUTE_MS } from '../../core/base/time-units.ts'
import type { Laptop } from '../laptop/laptop.ts'

export interface Mishap {
  readonly preset: PresetName
  readonly says: string
  /** Real epoch milliseconds; null: until it has happened. */
  readonly until: number | null
}

export const presetNames = ['stytchDown', 'dashboard', 'forgetful', 'killed'] as const
export type PresetName = (typeof presetNames)[number]

export interface Presets {
  /** @param clientId for what is done to one client */
  play(preset: PresetName, clientId: string | undefined): string
  active(): readonly Mishap[]
  calm(): void
}

export const isPresetName = (name: unknown): name is PresetName => presetNames.some((one) => one === name)

const OUTAGE_MS = MINUTE_MS
const FORGETFUL_MS = 30_000
const FORGOTTEN_MS = 3000

export const createPresets = ({ aws, stytch, rotation }: Laptop): Presets => {
  const active = new Map<PresetName, { readonly mishap: Mishap; readonly undo: () => void }>()
  const end = (preset: PresetName): void => {
    active.get(preset)?.undo()
    active.delete(preset)
  }
  const begin = (mishap: Mishap, undo: () => void): void => {
    end(mishap.preset)
    active.set(mishap.preset, { mishap, undo })
    if (mishap.until === null) return
    const timer = setTimeout(() => end(mishap.preset), mishap.until - Date.now())
    timer.unref()
  }

  const plays: Readonly<Record<PresetName, (clientId: string | undefined) => string>> = {
    stytchDown: () => {
      const until = Date.now() + OUTAGE_MS
      stytch.server.faults.setPolicy(() => ({ op: '*', kind: 'error', status: 503 }))
      begin({ preset: 'stytchDown', says: 'Stytch answers 503 to everything', until }, () =>
        stytch.server.faults.setPolicy(undefined),
      )
      return 'Stytch is down for a minute.'
    },
    dashboard: (clientId) => {
      if (clientId === undefined) throw new RangeError('no client to click on')
      const slots = stytch.slots(clientId)
      if (slots === undefined) throw new RangeError('Stytch knows no such client')
      // What is open is completed first, so that neither slot holds a value that anybody has.
      if (slots.nextLastFour !== null) stytch.dashboard.rotateComplete(clientId)
      stytch.dashboard.rotateStart(clientId)
      stytch.dashboard.rotateComplete(clientId)
      return 'A colleague rotated it in the Stytch dashboard. Stytch refuses what consumers read.'
    },
    forgetful: () => {
      const { staleReadShare, staleReadMs } = aws.settings()
      aws.configure({ staleReadShare: 0.5, staleReadMs: FORGOTTEN_MS })
      const until = Date.now() + FORGETFUL_MS
      begin({ preset: 'forgetful', says: 'Half of Secrets Manager’s replies are up to 3 s old', until }, () =>
        aws.configure({ staleReadShare, staleReadMs }),
      )
      return 'For half a minute, every other reply of Secrets Manager is up to 3 s old.'
    },
    killed: () => {
      const untap = stytch.server.tap(({ op, phase }) => {
        // Right after Stytch made the next secret, before its only copy reaches the function.
        if (op !== 'RotateStart' || phase !== 'after') return
        end('killed')
        rotation.kill()
      })
      begin(
        { preset: 'killed', says: 'The next rotation’s function is killed at the worst moment', until: null },
        untap,
      )
      return 'The next rotation is killed just after Stytch issued the new secret.'
    },
  }

  return {
    play: (preset, clientId) => plays[preset](clientId),
    active: () => [...active.values()].map(({ mishap }) => mishap),
    calm: () => {
      for (const preset of [...active.keys()]) end(preset)
    },
  }
}
