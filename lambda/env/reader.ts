// Reads one function's settings out of an environment and collects what is wrong with them, so that every fault is reported at once.
import { Fault } from '../core/base/fault.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export interface Reader {
  text(name: string, expected: string): string
  optional(name: string): string | undefined
  fault(name: string, what: string): void
  /** @throws Fault SETTINGS_MALFORMED with every fault, one a line. */
  finish(): void
}

export const createReader = (env: Environment): Reader => {
  const faults: string[] = []
  const optional = (name: string): string | undefined => (env[name] === '' ? undefined : env[name])
  return {
    optional,
    text: (name, expected) => {
      const value = optional(name)
      if (value === undefined) faults.push(`${name} is missing: expected ${expected}`)
      return value ?? ''
    },
    fault: (name, what) => {
      faults.push(`${name} ${what}`)
    },
    finish: () => {
      if (faults.length === 0) return
      const message = `The settings are not complete:\n${faults.map((fault) => `  ${fault}`).join('\n')}`
      throw new Fault({ code: 'SETTINGS_MALFORMED', retryable: false, message })
    },
  }
}
