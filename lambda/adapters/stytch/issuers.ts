// Several kinds of client behind one Issuer: each call goes to the kind that the client's id names. Where the kinds of one rotation function
// meet, and nowhere else (docs/another-vendor.md).

import type { Issuer } from '../../core/rotation/issuer.ts'
import { isConnectedApp } from '../../core/secret/client-id.ts'
import { readScimId } from '../../core/secret/scim-form.ts'
import { createStytchApi, type StytchSettings } from './api.ts'
import type { Bindings } from './bindings.ts'
import { createAppIssuer } from './connected-apps.ts'
import { createStytchIssuer } from './issuer.ts'
import { createScimIssuer } from './scim.ts'

interface IssuerOfKind {
  readonly isIts: (clientId: string) => boolean
  readonly issuer: Issuer
}

/** @param otherwise for whatever is of none of the kinds. */
export const createIssuers = (kinds: readonly IssuerOfKind[], otherwise: Issuer): Issuer => {
  const of = (clientId: string): Issuer => kinds.find(({ isIts }) => isIts(clientId))?.issuer ?? otherwise
  return {
    projectId: otherwise.projectId,
    keepsList: (clientId) => of(clientId).keepsList?.(clientId) === true,
    keepsBinding: (clientId) => of(clientId).keepsBinding?.(clientId) === true,
    look: (clientId, known) => of(clientId).look(clientId, known),
    lookMany: async (clientIds) =>
      (await otherwise.lookMany?.(clientIds.filter((clientId) => of(clientId) === otherwise))) ?? new Map(),
    exchange: (clientId, secret) => of(clientId).exchange(clientId, secret),
    start: (clientId) => of(clientId).start(clientId),
    complete: (clientId, before) => of(clientId).complete(clientId, before),
    cancel: (clientId, before) => of(clientId).cancel(clientId, before),
    bind: (clientId, secretArn) => of(clientId).bind(clientId, secretArn),
  }
}

interface SlotIssuersInput {
  readonly stytch: StytchSettings
  /** Of what has no metadata at Stytch. */
  readonly bindings: Bindings
}

/** Everything of Stytch's that has two slots. */
export const createSlotIssuers = ({ stytch, bindings }: SlotIssuersInput): Issuer => ({
  ...createIssuers(
    [
      { isIts: isConnectedApp, issuer: createAppIssuer({ stytch, bindings }) },
      { isIts: (clientId) => readScimId(clientId) !== undefined, issuer: createScimIssuer({ stytch, bindings }) },
    ],
    createStytchIssuer(createStytchApi(stytch), stytch.projectId),
  ),
  credential: async () => (await stytch.credentials(false)).storedAs,
})
