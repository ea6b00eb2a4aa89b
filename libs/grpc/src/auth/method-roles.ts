// The least role for each method, as the contracts say it: the option `(alarena.common.v1.role)` of proto methods,
// read from the descriptors in @alarena/api. A method without it is for admins, and a test refuses such a contract.

import { common, descriptorSet } from '@alarena/api';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import type { Role } from './role.js';

/** Field number of the extension of google.protobuf.MethodOptions in alarena/common/v1/role.proto. */
const ROLE_OPTION = 50_001;

const ROLE_OF: ReadonlyMap<number, Role> = new Map([
  [common.Role.ROLE_VIEWER, 'viewer'],
  [common.Role.ROLE_SUBMITTER, 'submitter'],
  [common.Role.ROLE_ADMIN, 'admin'],
]);

/** Who may call a method of which no contract says it. */
export const UNLISTED_ROLE: Role = 'admin';

/** By path, `/package.Service/Method`, of every method in the contracts; undefined: the contract does not say. */
export async function readMethodRoles(): Promise<ReadonlyMap<string, Role | undefined>> {
  // Imported here: only a server with authentication needs them, and they take a tenth of a second to load.
  const [{ fromBinary }, { FileDescriptorSetSchema }] = await Promise.all([
    import('@bufbuild/protobuf'),
    import('@bufbuild/protobuf/wkt'),
  ]);
  const roles = new Map<string, Role | undefined>();
  const { file: files } = fromBinary(FileDescriptorSetSchema, Buffer.from(descriptorSet, 'base64'));
  for (const file of files) {
    for (const service of file.service) {
      for (const method of service.method) {
        const option = method.options?.$unknown?.find(({ no }) => no === ROLE_OPTION);
        const value = option === undefined ? undefined : new BinaryReader(option.data).uint32();
        const role = value === undefined ? undefined : ROLE_OF.get(value);
        roles.set(`/${file.package}.${service.name}/${method.name}`, role);
      }
    }
  }
  return roles;
}
