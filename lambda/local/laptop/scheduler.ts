// EventBridge Scheduler as far as the laptop needs it: calls functions at a rate of the shared clock, counted from the start, with the
// time they were scheduled for. A clock that was moved over several turns makes up for one of them, as a schedule does that was late.

export interface ScheduledFunction {
  readonly functionArn: string
  readonly everyMs: number
  /** What it is called with. @default - `{ scheduledAt }` alone */
  readonly input?: (scheduledAt: string) => object
}

export interface SchedulerInput {
  readonly schedules: readonly ScheduledFunction[]
  /** The shared clock. */
  readonly now: () => number
  /** Asynchronously, as the service does. */
  readonly send: (functionArn: string, event: object) => void
}

export interface Scheduler {
  /** To be called every second or so. */
  tick(): void
  /** The clock was set back: what is due counts from now. */
  restart(): void
}

export const createScheduler = ({ schedules, now, send }: SchedulerInput): Scheduler => {
  const next = new Map<ScheduledFunction, number>()
  const restart = (): void => {
    for (const schedule of schedules) next.set(schedule, now() + schedule.everyMs)
  }
  restart()
  return {
    restart,
    tick: () => {
      for (const schedule of schedules) {
        const { functionArn, everyMs, input = (at) => ({ scheduledAt: at }) } = schedule
        const dueAt = next.get(schedule) ?? now()
        if (now() < dueAt) continue
        const missed = Math.floor((now() - dueAt) / everyMs)
        const scheduledAt = dueAt + missed * everyMs
        next.set(schedule, scheduledAt + everyMs)
        send(functionArn, input(new Date(scheduledAt).toISOString()))
      }
    },
  }
}
