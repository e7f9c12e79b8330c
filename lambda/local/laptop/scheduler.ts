// EventBridge Scheduler as far as the laptop needs it: calls functions by the shared clock, at a rate that counts from when the schedule was made
// or at the times of a cron, with the time they were scheduled for. A clock that was moved over several turns makes up for one of them, as a
// schedule does that was late.
import { firings, readCron, readRate } from '../../core/base/schedule-expression.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../core/base/time-units.ts'
import type { ScheduleHost, ScheduleInput } from '../stack/host.ts'

export interface SchedulerInput {
  /** The shared clock. */
  readonly now: () => number
  /** Whether somebody has disabled it since. @default - nobody */
  readonly isPaused?: (name: string) => boolean
  /** Asynchronously, as the service does. */
  readonly send: (schedule: ScheduleInput, event: unknown) => void
}

export interface Scheduler extends ScheduleHost {
  /** To be called every second or so. */
  tick(): void
  /** The clock was set back: what is due counts from now. */
  restart(): void
}

const MS_OF = { minute: MINUTE_MS, hour: HOUR_MS, day: DAY_MS } as const

/** @throws Error for what Scheduler would refuse. @returns the first time after `after`, counted from `since` */
const nextAfter = (expression: string, after: number, since: number): number | undefined => {
  const rate = readRate(expression)
  if (rate !== undefined) {
    const everyMs = rate.count * MS_OF[rate.unit]
    return since + (Math.floor((after - since) / everyMs) + 1) * everyMs
  }
  const cron = readCron(expression)
  if (!cron.ok) throw new Error(`Invalid Schedule Expression ${expression}: ${cron.refusal.join('; ')}.`)
  return firings(cron.value, after).next().value ?? undefined
}

interface Held extends ScheduleInput {
  readonly since: number
  dueAt: number | undefined
}

export const createScheduler = ({ now, send, isPaused = () => false }: SchedulerInput): Scheduler => {
  const schedules = new Map<string, Held>()
  const hold = (schedule: ScheduleInput): void => {
    const since = now()
    schedules.set(schedule.name, { ...schedule, since, dueAt: nextAfter(schedule.expression, since, since) })
  }
  /** The last of its turns that is not in the future. */
  const turnOf = ({ expression, since }: Held, dueAt: number): number => {
    let turn = dueAt
    for (let next: number | undefined = dueAt; next !== undefined && next <= now(); ) {
      turn = next
      next = nextAfter(expression, next, since)
    }
    return turn
  }
  return {
    put: hold,
    remove: (name) => {
      schedules.delete(name)
    },
    restart: () => {
      for (const schedule of [...schedules.values()]) hold(schedule)
    },
    tick: () => {
      for (const schedule of schedules.values()) {
        const { name, dueAt, expression, since, input, isEnabled } = schedule
        if (dueAt === undefined || now() < dueAt) continue
        const turn = turnOf(schedule, dueAt)
        schedule.dueAt = nextAfter(expression, turn, since)
        if (!isEnabled || isPaused(name)) continue
        const scheduledAt = `${new Date(turn).toISOString().slice(0, 19)}Z`
        send(schedule, JSON.parse(input.replaceAll('<aws.scheduler.scheduled-time>', scheduledAt)))
      }
    },
  }
}
