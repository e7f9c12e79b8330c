// The workspace around the project: its Management API keys and the slugs of the one project and environment. Keys are made and
// removed at Stytch's dashboard only, so there is no call for either. Of a key's secret the hash is kept, never the value.
import { generateSecret, hashSecret, workspaceKeyId } from './ids.ts'

export interface WorkspaceKey {
  readonly keyId: string
  readonly keySecret: string
}

/** What the Management API's paths name the project by. */
export interface Slugs {
  readonly projectSlug: string
  readonly environmentSlug: string
}

export interface Workspace {
  readonly slugs: Slugs
  accepts(key: { readonly id: string; readonly secret: string }): boolean
  keyIds(): string[]
  addKey(): WorkspaceKey
  removeKey(keyId: string): void
  /** Back to the first key alone. */
  reset(): void
}

export const newWorkspaceKey = (): WorkspaceKey => ({ keyId: workspaceKeyId(), keySecret: generateSecret(null) })

export const createWorkspace = (first: WorkspaceKey, slugs: Slugs): Workspace => {
  const hashes = new Map<string, string>()
  const keep = ({ keyId, keySecret }: WorkspaceKey): void => {
    hashes.set(keyId, hashSecret(keySecret))
  }
  const reset = (): void => {
    hashes.clear()
    keep(first)
  }
  reset()
  return {
    slugs,
    accepts: ({ id, secret }) => hashes.get(id) === hashSecret(secret),
    keyIds: () => [...hashes.keys()],
    addKey: () => {
      const key = newWorkspaceKey()
      keep(key)
      return key
    },
    removeKey: (keyId) => {
      hashes.delete(keyId)
    },
    reset,
  }
}
