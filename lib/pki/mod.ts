/**
 * Public key infrastructure: key files, certificates, requests, revocation lists, chain verification, the
 * certificate authority, invites and the enrolment challenge.
 *
 * Reading and verifying is done by strict decoders of this room; @peculiar/x509, which encodes certificates
 * and requests, is loaded by the first call that issues or requests one. Importing this door is cheap.
 *
 * @module
 */
export { type RandomSource } from "../crypto/mod.ts";
export { approvalCode } from "./approval_code.ts";
export {
  ASYMMETRIC_ALGORITHMS,
  type AsymmetricAlgorithm,
  type AsymmetricKey,
  generateAsymmetricKey,
  importAsymmetricKey,
  importAsymmetricPublicKey,
  nameKeyAlgorithm,
} from "./asymmetric_key.ts";
export { type EncodedKeyPair } from "./finite_field_key.ts";
export { fingerprintWordsOf, formatBubbleBabble } from "./fingerprint_words.ts";
export { formatJsonWebKey, parseJsonWebKey } from "./json_web_key.ts";
export { type KeyForm, type KeyText, parseKeyText } from "./key_text.ts";
export type {
  CaLog,
  InviteRecord,
  Issuance,
  IssuanceFilter,
  LinkRecord,
  LoggedInvite,
  LoggedIssuance,
  Redemption,
  Revocation,
} from "./ca_log.ts";
export { type Certificate, parseCertificate } from "./certificate.ts";
export {
  CertificateAuthority,
  type CertificateAuthorityOptions,
  type CreatedInvite,
} from "./certificate_authority.ts";
export { type CertificateUsage } from "./certificate_checks.ts";
export {
  type CertificateExtensions,
  type KeyUsageName,
  type SubjectAltNames,
} from "./certificate_extensions.ts";
export { formatCertificates, parseCertificates } from "./certificate_pem.ts";
export {
  type CertificateRequest,
  createCertificateRequest,
  verifyCertificateRequest,
} from "./certificate_request.ts";
export {
  type ChainRequest,
  ChainVerifier,
  type ChainVerifierOptions,
  type VerifiedCertificate,
  verifyChain,
} from "./chain_verifier.ts";
export { type Clock } from "./clock.ts";
export { type Pkcs8Protection } from "./encrypted_pkcs8.ts";
export { type DerElement, DerReader } from "./der_reader.ts";
export { type DeviceLink, deviceLinkMessage } from "./device_link.ts";
export { DeviceLinks } from "./device_links.ts";
export { DerTag } from "./der_tag.ts";
export {
  derBits,
  derElement,
  derInteger,
  derOctets,
  derOid,
  derSequence,
  derTime,
  derUnsigned,
} from "./der_writer.ts";
export {
  answerChallenge,
  beginEnrollment,
  type EnrollmentChallenge,
  PendingEnrollment,
  type ProvenEnrollment,
} from "./enrollment.ts";
export {
  type EnrollmentRequest,
  type EnrollmentRequestRecords,
  EnrollmentRequests,
} from "./enrollment_requests.ts";
export { type EnrollmentContext, enrollmentMessage } from "./enrollment_transcript.ts";
export {
  type EnrollmentTarget,
  formatEnrollmentUrl,
  isEnrollmentUrl,
  parseEnrollmentUrl,
} from "./enrollment_url.ts";
export { fingerprintOf, hashCertificate } from "./fingerprint.ts";
export { formatIdentityUri, type Identity, isName, parseIdentityUri, parseName } from "./identity.ts";
export { type CertificateFacts, inspectCertificate } from "./inspect_certificate.ts";
export { formatInvite, generateInviteToken, hashInviteToken, type Invite, parseInvite } from "./invite.ts";
export { formatIpAddress, parseIpAddress } from "./ip_address.ts";
export {
  createDeviceCertificate,
  createIntermediateCertificate,
  createRootCertificate,
  createServerCertificate,
  type Issuer,
  type Lifetime,
  type Subscriber,
} from "./issue_certificate.ts";
export { type IssuanceStatus } from "./issuance_status.ts";
export { type Applicant } from "./issued_lately.ts";
export { DAY_MS } from "./lifetime.ts";
export {
  exportPrivateKey,
  exportPublicKey,
  formatPrivateKey,
  importPrivateKey,
  importPublicKey,
  isEncryptedPrivateKey,
} from "./key_file.ts";
export {
  describePkiDocument,
  type DocumentFacts,
  type KeyFacts,
  type RequestFacts,
  type RevocationListFacts,
} from "./describe_document.ts";
export { encodePkcs12, type Pkcs12Content, type Pkcs12Protection } from "./pkcs12.ts";
export { parsePkiDocuments, type PkiDocument, type PkiDocumentKind } from "./pki_document.ts";
export { type SignedRequest, signRequest, type SignRequestOptions } from "./sign_request.ts";
export { parseRequestSubject, type RequestedName, type RequestSubject } from "./request_subject.ts";
export {
  generateKeyPair,
  importPkcs8,
  importSpki,
  KEY_ALGORITHMS,
  type KeyAlgorithm,
  type KeyPair,
} from "./key_pair.ts";
export { type KeyType, parsePublicKeyInfo, type PublicKeyInfo } from "./public_key_info.ts";
export { formatRelayAddress, parseRelayAddress, type RelayAddress } from "./relay_address.ts";
export { RENEWAL_GRACE_MS, renewalDueAt, type Validity } from "./renewal.ts";
export {
  createRevocationList,
  CRL_PEM_LABEL,
  isRevoked,
  parseRevocationList,
  type RevocationList,
  type RevocationListContent,
  type RevokedCertificate,
  verifyRevocationList,
} from "./revocation_list.ts";
export { REVOCATION_REASONS, type RevocationReason } from "./revocation_reason.ts";
export { type RevocationTarget } from "./revocation_target.ts";
export { parseServerName, type ServerName } from "./server_name.ts";
export { type SignatureAlgorithm, type SignedStructure, signMessage, verifyMessage } from "./signature.ts";
export { UserAccounts, type UserRecord, type UserRecords } from "./user_accounts.ts";
