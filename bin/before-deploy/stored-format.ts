// What is wrong with a hand-made secret's stored text, by the same code that the functions read it with. No message holds any of the text.
import { pickProjectSecret } from '../../lambda/adapters/aws/project-credentials.ts'
import { readSigningEntries } from '../../lambda/adapters/aws/signing-secrets.ts'
import { readPair } from '../../lambda/adapters/aws/stored-pair.ts'
import { pickWorkspaceKey } from '../../lambda/adapters/aws/workspace-credentials.ts'
import { readGithubApp } from '../../lambda/adapters/github/alert-values.ts'
import type { HandMadeSecret } from '../../lambda/core/secret/hand-made-secrets.ts'

const signingFaults = (text: string): readonly string[] => {
  const entries = readSigningEntries(text)
  if (!entries.ok) return [entries.refusal]
  return entries.value.length === 0 ? ['no detector has a key'] : entries.value.flatMap(({ faults }) => faults)
}

const faultsIn = ({ kind, projectId = '' }: HandMadeSecret, text: string): readonly string[] => {
  switch (kind) {
    case 'projectSecret': {
      const read = readPair(text, (json) => pickProjectSecret(json, projectId))
      return read.ok ? [] : read.refusal
    }
    case 'workspaceKey': {
      const read = readPair(text, pickWorkspaceKey)
      return read.ok ? [] : read.refusal
    }
    case 'signingSecret':
      return signingFaults(text)
    case 'githubApp': {
      const read = readGithubApp(text)
      return read.ok ? [] : read.refusal
    }
  }
}

/** @returns every fault, each of a field; undefined for none. */
export const formatFault = (secret: HandMadeSecret, text: string): string | undefined => {
  const faults = faultsIn(secret, text)
  return faults.length === 0 ? undefined : faults.join('; ')
}
