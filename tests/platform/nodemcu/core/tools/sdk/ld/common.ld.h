/* Preprocessed before the link: a menu says how much of the RAM for code is its cache. */
MEMORY
{
  iram1_0_seg : ORIGIN = 0x40100000, LENGTH = MMU_IRAM_SIZE
}
ENTRY(app_entry)
SECTIONS
{
  .data :
  {
    *(.data .data.*)
    . = ALIGN(4);
  } > dram0_0_seg
  .rodata :
  {
    *(.rodata .rodata.*)
    . = ALIGN(4);
    __init_array_start = .;
    KEEP(*(SORT(.init_array.*)))
    KEEP(*(.init_array))
    __init_array_end = .;
  } > dram0_0_seg
  .bss (NOLOAD) :
  {
    . = ALIGN(4);
    __bss_start = .;
    *(.bss .bss.*)
    *(COMMON)
    . = ALIGN(4);
    __bss_end = .;
  } > dram0_0_seg
  .text :
  {
    KEEP(*(.entry.literal))
    KEEP(*(.entry.text))
    *(.iram.literal .iram.literal.* .iram.text .iram.text.*)
  } > iram1_0_seg
  .irom0.text :
  {
    *(.literal .literal.* .text .text.*)
  } > irom0_0_seg
}
