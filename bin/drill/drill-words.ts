// What a drill says of itself: a line a step as it happens, and one sentence at its end. Pure.
import type { DrillRecord } from '../../lambda/core/clients/drill-record.ts'
import { EXIT, type ExitCode } from '../terminal/command-fault.ts'
import type { Screen } from '../terminal/screen.ts'
import { at, span } from '../terminal/words.ts'
import type { DrillEnd, StepEnd } from './run-drill.ts'

const marks = { done: ['green', 'ok'], failed: ['red', 'FAILED'], notChecked: ['yellow', 'unknown'] } as const

/** `   4.2 s  ok       Stytch refuses the value that leaked` */
export const stepLine = (screen: Pick<Screen, 'paint'>, { state, what, afterMs }: StepEnd): string => {
  const [style, mark] = marks[state]
  return `${(afterMs / 1000).toFixed(1).padStart(6)} s  ${screen.paint(style, mark.padEnd(7))}  ${what}`
}

const endWords = ({ result, steps, notice }: DrillEnd): string => {
  if (result === 'interrupted') return 'The drill was interrupted'
  const failed = steps.find(({ step, state }) => state === 'failed' && step !== 'removed')
  if (failed !== undefined) return `The drill FAILED: ${failed.what}`
  const isOpen = steps.some(({ step, state }) => state === 'notChecked' && step !== 'notice')
  const passed = isOpen ? 'The drill passed as far as it could be seen' : 'The drill passed'
  return notice === 'confirmed' ? `${passed}, and the notice came` : `${passed}; nobody confirmed that the notice came`
}

export const drillSentence = (end: DrillEnd, clientName: string): string => {
  const removed =
    end.left === undefined
      ? 'everything it made is removed'
      : `${clientName} could NOT be removed (${end.left}): m2m drill --clean`
  return `${endWords(end)} (${span(end.ms)}); ${removed}.`
}

/** @param isNoticeWanted false: nobody was to be asked, so that no answer is no lack */
export const drillExit = ({ result, steps, left, notice }: DrillEnd, isNoticeWanted: boolean): ExitCode => {
  if (result === 'interrupted') return EXIT.interrupted
  if (result === 'failed') return notice === 'missing' && left === undefined ? EXIT.partly : EXIT.failed
  const isOpen = steps.some(({ step, state }) => state === 'notChecked' && (step !== 'notice' || isNoticeWanted))
  return isOpen || left !== undefined ? EXIT.partly : EXIT.ok
}

const noticeWords: Readonly<Record<DrillRecord['notice'], string>> = {
  confirmed: 'the notice came',
  missing: 'the notice did not come',
  notConfirmed: 'the notice was not confirmed',
}

/** `2026-11-03 14:05Z (3 d ago) by ada: passed, the notice came` */
export const recordWords = (record: DrillRecord, now: number): string => {
  const endedAt = Date.parse(record.at)
  const result =
    record.result === 'passed' ? 'passed' : `failed${record.failedStep === undefined ? '' : ` at ${record.failedStep}`}`
  return `${at(endedAt)} (${span(now - endedAt)} ago) by ${record.by}: ${result}, ${noticeWords[record.notice]}`
}
