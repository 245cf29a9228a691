/* Nothing: the target only carries the include path and the libraries to CLinux, the one that includes
 * libnl's headers. */
