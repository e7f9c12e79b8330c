// The page while a run goes on: written anew after each finding, so that what was found is there when the run is killed. It takes the place of the
// page that is asked for only once AWS has answered something, and of a whole run against the real services only when it is through itself.
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { answeredBy, type LiveFinding } from './finding.ts'
import { isWholeLivePage, LIVE_MARK, type PageInput, renderPage } from './page.ts'

export interface PageFile {
  /** @returns where it was written */
  write(findings: readonly LiveFinding[], isWhole: boolean): string
}

export interface PageFileInput extends Pick<PageInput, 'against' | 'runId'> {
  readonly path: string
  readonly now: () => number
  /** Takes every value that was met out of a text. */
  readonly quieten: (text: string) => string
}

const read = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '')

/** Beside the page, for what must not replace it. */
export const unfinishedPath = (path: string): string => path.replace(/(\.md)?$/, '.unfinished.md')

/** A rehearsal says nothing about the real services, and must not replace what does. @throws TypeError */
export const checkMayReplace = (path: string, isReal: boolean): void => {
  if (isReal || !read(path).includes(LIVE_MARK)) return
  throw new TypeError(`${path} describes the real services and is not replaced by a rehearsal; name another --page`)
}

export const createPageFile = ({ path, now, quieten, against, runId }: PageFileInput): PageFile => {
  const beside = unfinishedPath(path)
  const isTaken = isWholeLivePage(read(path))
  return {
    write: (findings, isWhole) => {
      const mayReplace = answeredBy(findings, 'AWS') && (isWhole || !isTaken)
      const target = mayReplace ? path : beside
      // As a whole or not at all, whenever it is killed.
      const draft = `${target}.tmp`
      writeFileSync(draft, quieten(renderPage({ against, runId, at: now(), findings, isWhole })))
      renameSync(draft, target)
      if (mayReplace) rmSync(beside, { force: true })
      return target
    },
  }
}
